import CredentialProcess

/// A sentence of ours with foreign text in it, as a terminal may have it: quotation marks stand around names.
func harmlessSentence(_ text: String) -> String {
    text.split(separator: "\"", omittingEmptySubsequences: false).map { harmless(String($0)) }.joined(separator: "\"")
}

/// A name from the files, unless it may be a secret that somebody has put there: keys have at least 40 of these
/// characters.
func shownName(_ name: String) -> String {
    let runs = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0))) }
    return runs.contains { $0.count >= 40 } ? String(repeating: "*", count: 16) : name
}

/// What looks like an access key's id, shortened: who mixed up the lines has a secret there.
func shortID(_ text: String) -> String {
    let isID = (16...128).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
    return isID ? short(text) : "an id"
}
