# Says what the AWS SDK for Ruby resolves each profile of a pair of files to.
#
# Run as a program, it answers one JSON request a line until stdin ends, in the form that resolve_boto3.py describes.

require 'aws-sdk-core'
require 'digest'
require 'json'

# What this process was started with: nothing of one request's environment may reach the next.
OWN_ENVIRONMENT = ENV.to_h.freeze

# What an `Aws::STS::Client` would hand to the chain as its configuration.
Chain = Struct.new(:profile, :region, :access_key_id, :secret_access_key, :session_token,
                   :instance_profile_credentials_retries, :instance_profile_credentials_timeout)

def resolve(request, name)
  Aws.shared_config.fresh(config_enabled: true, config_path: request['config'],
                          credentials_path: request['credentials'], profile_name: name)
  provider = Aws::CredentialProviderChain.new(Chain.new(name, 'us-east-1')).resolve
  return { error: 'NoCredentials' } unless provider

  found = provider.credentials
  secret = "#{found.secret_access_key}\n#{found.session_token}"
  { id: found.access_key_id, digest: Digest::SHA256.hexdigest(secret) }
rescue StandardError => e
  { error: e.class.name }
end

$stdin.each_line do |line|
  request = JSON.parse(line)
  ENV.replace(OWN_ENVIRONMENT.merge(request['env']))
  Aws.config.update(sts: { endpoint: request['sts'] })
  answer = request['profiles'].to_h { |name| [name, resolve(request, name)] }
  puts JSON.generate(answer)
  $stdout.flush
end
