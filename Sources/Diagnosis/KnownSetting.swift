import AWSConfig

/// Settings that profiles have for SDKs, the AWS CLI or common tools: what has another name may be anything.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
public enum KnownSetting {
    /// Whether a setting's name, in whatever case, is such a one.
    public static func contains(_ name: String) -> Bool {
        let name = name.lowercased()
        return words.contains(name) || others.contains(name)
            || name.hasPrefix(Role.adoptedPrefix) && words.contains(String(name.dropFirst(Role.adoptedPrefix.count)))
    }

    /// Those whose values have no white space, so that whatever follows one is a comment to everybody.
    static let words: Set<String> = [
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "region", "output",
        "role_arn", "source_profile", "credential_source", "mfa_serial", "external_id", "duration_seconds",
        "sso_session", "sso_start_url", "sso_region", "sso_account_id", "cli_pager", "retry_mode", "max_attempts",
        "ca_bundle", "endpoint_url", "services", "sts_regional_endpoints", "s3_us_east_1_regional_endpoint",
        "role_session_name", "web_identity_token_file", "cli_auto_prompt", "cli_binary_format", "cli_timestamp_format",
        "cli_follow_urlparam", "cli_history", "defaults_mode", "use_fips_endpoint", "use_dualstack_endpoint",
        "parameter_validation", "tcp_keepalive", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode",
        "ec2_metadata_v1_disabled", "metadata_service_timeout", "metadata_service_num_attempts", "sdk_ua_app_id",
        "disable_request_compression", "request_min_compression_size_bytes", "account_id_endpoint_mode",
        "ignore_configured_endpoint_urls", "endpoint_discovery_enabled", "s3_use_arn_region", "aws_account_id",
        "s3_disable_multiregion_access_points", "s3_disable_express_session_auth", "sigv4a_signing_region_set",
        "request_checksum_calculation", "response_checksum_validation", "csm_enabled", "csm_port",
    ]

    private static let others: Set<String> = [
        "credential_process", "mfa_process", "sso_role_name", "sso_registration_scopes", "login_session",
        "api_versions", "s3", "s3api", "dynamodb", "sts", "cloudfront", "x_security_token_expires",
        "aws_session_expiration", "aws_credential_expiration", "aws_expiration", "expiration",
        "x_principal_arn", "session_tags", "transitive_session_tags", "source_identity", "session_policy",
        "session_policy_arns",
    ]

    /// Whether a comment may stand behind its value: what isn't known may be free text, and a command may have the
    /// characters of one.
    static func mayHaveComment(_ name: String) -> Bool {
        contains(name) && !["credential_process", "mfa_process", "session_policy"].contains(name.lowercased())
    }
}

extension ConfigDocument.Section {
    /// Whether it has something that makes it likely to be a profile.
    var hasKnownSetting: Bool { properties.contains { KnownSetting.contains($0.name) } }
}
