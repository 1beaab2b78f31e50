// Writes what aws-vault's file backend writes, with the library that it uses.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	jose "github.com/dvsekhvalnov/jose2go"
)

type item struct {
	Key                         string
	Data                        []byte
	Label                       string
	Description                 string
	KeychainNotTrustApplication bool
	KeychainNotSynchronizable   bool
}

type credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken, Source string
	CanExpire                                          bool
	Expires                                            time.Time
}

func main() {
	for name, key := range map[string][2]string{
		"dev":       {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
		"team prod": {"AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"},
	} {
		data, _ := json.Marshal(credentials{AccessKeyID: key[0], SecretAccessKey: key[1]})
		plain, _ := json.Marshal(item{Key: name, Data: data, Label: fmt.Sprintf("aws-vault (%s)", name)})
		token, err := jose.Encrypt(string(plain), jose.PBES2_HS256_A128KW, jose.A256GCM, "a long passphrase for trials",
			jose.Headers(map[string]interface{}{"created": time.Now().String()}))
		if err != nil {
			panic(err)
		}
		if err := os.WriteFile(os.Args[1]+"/"+name, []byte(token), 0o600); err != nil {
			panic(err)
		}
	}
}
