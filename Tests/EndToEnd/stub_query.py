"""The Query protocol as a service speaks it: a request as it came, the XML that answers it, and a refusal."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import Union
from urllib.parse import parse_qsl, urlsplit

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
NAMESPACES = {service: f"https://{service}.amazonaws.com/doc/{version}/" for service, version in VERSIONS.items()}

# What stands in an element: text, other elements by name, or a list of members.
Tree = Union[str, Mapping[str, "Tree"], list["Tree"]]


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        """The form: in the body of a POST, in the address of a GET."""
        form = self.body.decode() if self.method == "POST" else urlsplit(self.target).query
        return dict(parse_qsl(form, keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A call that the service doesn't do, with its status, AWS's code and AWS's text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status
        self.code = code
        self.message = message


def timestamp(time: datetime) -> str:
    """A time as answers have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def result(service: str, action: str, tree: Tree | None, request_id: str) -> Answer:
    """The answer of a call that was done; a call with nothing to tell has no result in it."""
    content: dict[str, Tree] = {} if tree is None else {f"{action}Result": tree}
    content["ResponseMetadata"] = {"RequestId": request_id}
    return _document(200, f"{action}Response", service, request_id, content)


def refused(service: str, refusal: Refusal, request_id: str) -> Answer:
    """The answer of a call that wasn't done."""
    kind = "Receiver" if refusal.status >= 500 else "Sender"
    error: Tree = {"Type": kind, "Code": refusal.code, "Message": refusal.message}
    content: Tree = {"Error": error, "RequestId": request_id}
    return _document(refusal.status, "ErrorResponse", service, request_id, content)


def _document(status: int, name: str, service: str, request_id: str, tree: Tree) -> Answer:
    root = ElementTree.Element(name, {"xmlns": NAMESPACES[service]})
    _fill(root, tree)
    return Answer(status, ElementTree.tostring(root), {"Content-Type": "text/xml", "x-amzn-RequestId": request_id})


def _fill(element: ElementTree.Element, tree: Tree) -> None:
    if isinstance(tree, str):
        element.text = tree
    elif isinstance(tree, list):
        for each in tree:
            _fill(ElementTree.SubElement(element, "member"), each)
    else:
        for name, each in tree.items():
            _fill(ElementTree.SubElement(element, name), each)
