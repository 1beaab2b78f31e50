"""The tests' own IAM and STS do what AWS does, as boto3 sees it."""

from __future__ import annotations

import re
import string
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from fake_keys import DEV, Key
from stub_principals import User
from stub_clients import client, code, new_key, refused
from stub_iam import Stub


@pytest.fixture
def ann(stub: Stub) -> User:
    return stub.user("ann")


@pytest.fixture
def iam(stub: Stub, ann: User) -> Any:
    """IAM, called with a key of ann."""
    return client(stub, "iam", ann.key())


@pytest.fixture
def sts(stub: Stub, ann: User) -> Any:
    """STS, called with another key of ann."""
    return client(stub, "sts", ann.key())


# The calls.


def test_a_key_is_rotated(stub: Stub, ann: User) -> None:
    old = ann.key(age=timedelta(days=400))
    iam = client(stub, "iam", old)
    assert client(stub, "sts", old).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/ann"
    new = new_key(iam)
    assert stub.key(new.id) == new
    assert stub.keys(ann) == {old.id: "Active", new.id: "Active"}
    client(stub, "iam", new).update_access_key(AccessKeyId=old.id, Status="Inactive")
    assert stub.keys(ann) == {old.id: "Inactive", new.id: "Active"}
    assert (stub.works(old.id), stub.works(new.id)) == (False, True)
    listed = client(stub, "iam", new).list_access_keys()["AccessKeyMetadata"]
    assert [(each["UserName"], each["AccessKeyId"], each["Status"]) for each in listed] == [
        ("ann", old.id, "Inactive"),
        ("ann", new.id, "Active"),
    ]
    assert listed[1]["CreateDate"] - listed[0]["CreateDate"] > timedelta(days=399)
    client(stub, "iam", new).delete_access_key(AccessKeyId=old.id)
    assert stub.keys(ann) == {new.id: "Active"}
    assert not stub.works(old.id)


def test_keys_look_like_those_of_aws_and_say_that_they_are_none(stub: Stub, ann: User) -> None:
    for key in (ann.key(), ann.key()):
        assert re.fullmatch("AKIA[A-Z2-7]{16}", key.id)
        assert re.fullmatch("EXAMPLE[A-Za-z0-9+/]{33}", key.secret)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: the id holds the account.
        number = 0
        for character in key.id[4:14]:
            number = number << 5 | (string.ascii_uppercase + "234567").index(character)
        assert number >> 9 & (1 << 40) - 1 == 123456789012
    assert len(stub.keys(ann)) == 2


def test_a_user_is_shown_with_its_path(stub: Stub) -> None:
    bob = stub.user("bob", path="/team/blue/", account="210987654321")
    key = bob.key()
    user = client(stub, "iam", key).get_user()["User"]
    assert (user["UserName"], user["Path"]) == ("bob", "/team/blue/")
    assert user["Arn"] == "arn:aws:iam::210987654321:user/team/blue/bob"
    identity = client(stub, "sts", key).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("210987654321", user["Arn"])
    assert identity["UserId"] == user["UserId"]


def test_the_root_user_has_keys_and_no_name(stub: Stub) -> None:
    key = stub.root().key()
    assert client(stub, "sts", key).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    user = client(stub, "iam", key).get_user()["User"]
    assert user["Arn"].endswith(":root") and "UserName" not in user
    made = client(stub, "iam", key).create_access_key()["AccessKey"]
    assert list(stub.keys(stub.root())) == [key.id, made["AccessKeyId"]]


def test_there_are_two_keys_at_most(stub: Stub, iam: Any, ann: User) -> None:
    iam.create_access_key(UserName="ann")
    status, code, message = refused(iam.create_access_key, UserName="ann")
    assert (status, code, message) == (409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    assert len(stub.keys(ann)) == 2


def test_what_is_not_there_is_no_such_entity(stub: Stub, iam: Any) -> None:
    bob = stub.user("bob").key()
    stranger = stub.user("eve", account="210987654321").key()
    for call, parameters in (
        (iam.delete_access_key, {"AccessKeyId": DEV.id}),
        (iam.delete_access_key, {"AccessKeyId": bob.id}),
        (iam.update_access_key, {"AccessKeyId": bob.id, "Status": "Inactive"}),
        (iam.get_access_key_last_used, {"AccessKeyId": stranger.id}),
        (iam.list_access_keys, {"UserName": "eve"}),
        (iam.create_access_key, {"UserName": "nobody"}),
        (iam.get_user, {"UserName": "nobody"}),
    ):
        assert refused(call, **parameters)[:2] == (404, "NoSuchEntity")
    assert stub.works(bob.id)


def test_another_user_of_the_account_can_be_named(stub: Stub, iam: Any) -> None:
    bob = stub.user("bob")
    key = bob.key()
    iam.update_access_key(UserName="bob", AccessKeyId=key.id, Status="Inactive")
    assert [each["AccessKeyId"] for each in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]] == [key.id]
    assert iam.get_access_key_last_used(AccessKeyId=key.id)["UserName"] == "bob"
    assert stub.keys(bob) == {key.id: "Inactive"}


def test_a_list_comes_in_pages(stub: Stub, iam: Any, ann: User) -> None:
    ann.key()
    assert not iam.list_access_keys()["IsTruncated"]
    stub.set_page_size(1)
    first = iam.list_access_keys()
    second = iam.list_access_keys(Marker=first["Marker"])
    pages = [[each["AccessKeyId"] for each in page["AccessKeyMetadata"]] for page in (first, second)]
    assert pages == [[each] for each in stub.keys(ann)]
    assert (first["IsTruncated"], second["IsTruncated"], "Marker" in second) == (True, False, False)


def test_parameters_that_cannot_be_are_refused(iam: Any, ann: User) -> None:
    key = ann.key()
    assert refused(iam.update_access_key, AccessKeyId=key.id, Status="Asleep")[:2] == (400, "ValidationError")
    assert refused(iam.delete_access_key, AccessKeyId="x" * 16 + "-")[:2] == (400, "ValidationError")
    assert code(iam.list_users) == "InvalidAction"


# Signatures and clocks.


def test_a_wrong_secret_is_refused(stub: Stub, ann: User) -> None:
    key = ann.key()
    wrong = Key(key.id, DEV.secret)
    assert refused(client(stub, "sts", wrong).get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")
    assert refused(client(stub, "iam", wrong).create_access_key)[:2] == (403, "SignatureDoesNotMatch")
    assert stub.last_use(key.id) is None


@pytest.mark.parametrize("inactive", [True, False], ids=["inactive", "deleted"])
def test_a_key_that_is_gone_is_unknown(stub: Stub, iam: Any, ann: User, inactive: bool) -> None:
    key = ann.key()
    if inactive:
        iam.update_access_key(AccessKeyId=key.id, Status="Inactive")
    else:
        iam.delete_access_key(AccessKeyId=key.id)
    assert refused(client(stub, "sts", key).get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    assert refused(client(stub, "iam", key).list_access_keys)[:2] == (403, "InvalidClientTokenId")
    assert refused(client(stub, "sts", DEV).get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    assert code(client(stub, "sts", ann.key(), token="EXAMPLE").get_caller_identity) == "InvalidClientTokenId"


def test_iam_is_signed_for_one_region_and_sts_for_any(stub: Stub, ann: User) -> None:
    key = ann.key()
    client(stub, "sts", key, region="eu-central-1").get_caller_identity()
    status, code, message = refused(client(stub, "iam", key, region="eu-central-1").get_user)
    assert (status, code) == (403, "SignatureDoesNotMatch") and "valid region" in message


def signed(stub: Stub, key: Key, body: str, service: str = "iam", method: str = "POST") -> Request:
    """Gives a request as botocore signs it, for a test to tamper with."""
    target = stub.url if method == "POST" else f"{stub.url}/?{body}"
    request = AWSRequest(method, target, data=body if method == "POST" else None)
    SigV4Auth(Credentials(key.id, key.secret), service, "us-east-1").add_auth(request)
    data = body.encode() if method == "POST" else None
    return Request(target, data, dict(request.headers), method=method)


def outcome(stub: Stub, request: Request) -> tuple[int, str]:
    """Sends a request; gives what it was told."""
    try:
        urlopen(request, timeout=30).close()
    except OSError:
        pass
    call = stub.calls()[-1]
    return call.status, call.code


def test_a_request_that_was_tampered_with_is_refused(stub: Stub, ann: User) -> None:
    key = ann.key()
    body = "Action=ListAccessKeys&Version=2010-05-08&UserName=ann"
    assert outcome(stub, signed(stub, key, body)) == (200, "")
    assert outcome(stub, signed(stub, key, body, method="GET")) == (200, "")
    mismatch = (403, "SignatureDoesNotMatch")
    request = signed(stub, key, body)
    request.data = body.replace("ann", "bob").encode()
    assert outcome(stub, request) == mismatch
    request = signed(stub, key, body)
    request.add_header("X-Amz-Date", (datetime.now(timezone.utc) - timedelta(minutes=1)).strftime("%Y%m%dT%H%M%SZ"))
    assert outcome(stub, request) == mismatch
    request = signed(stub, key, body)
    request.add_header("X-Amz-Extra", "unsigned")
    assert outcome(stub, request) == mismatch
    request = signed(stub, key, body)
    request.add_header("Host", "elsewhere.example")
    assert outcome(stub, request) == mismatch
    assert outcome(stub, signed(stub, key, body, service="sts")) == mismatch
    request = signed(stub, key, body)
    request.remove_header("Authorization")
    assert outcome(stub, request) == (403, "MissingAuthenticationToken")
    request = signed(stub, key, body)
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=EXAMPLE")
    assert outcome(stub, request) == (400, "IncompleteSignature")


@pytest.mark.parametrize(("minutes", "text"), [(6, "Signature expired: "), (-6, "Signature not yet current: ")])
def test_a_clock_that_is_off_is_refused_and_told(stub: Stub, sts: Any, minutes: int, text: str) -> None:
    stub.set_clock(timedelta(minutes=minutes) * 2 / 3)
    sts.get_caller_identity()
    stub.set_clock(timedelta(minutes=minutes))
    with pytest.raises(ClientError, match=text) as problem:
        sts.get_caller_identity()
    answer = problem.value.response
    assert answer["Error"]["Code"] == "SignatureDoesNotMatch"
    date = datetime.strptime(answer["ResponseMetadata"]["HTTPHeaders"]["date"], "%a, %d %b %Y %H:%M:%S GMT")
    ahead = date.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert abs(ahead - timedelta(minutes=minutes)) < timedelta(minutes=1)


def test_every_answer_has_a_request_id(iam: Any) -> None:
    ids = set()
    for answer in (iam.get_user(), iam.list_access_keys()):
        metadata = answer["ResponseMetadata"]
        assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
        ids.add(metadata["RequestId"])
    with pytest.raises(ClientError) as problem:
        iam.get_user(UserName="nobody")
    ids.add(problem.value.response["ResponseMetadata"]["RequestId"])
    assert len(ids) == 3
