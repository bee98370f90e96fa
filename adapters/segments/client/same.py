"""Lets the Segments.ai client do the work that the adapter has done, so that the requests of both can be compared.

The argument is a JSON list of the adapter's calls: {"method", "path", "body"}.
"""

import json
import os
import sys
from urllib.parse import parse_qs, unquote, urlsplit

from segments import SegmentsClient
from segments.exceptions import NotFoundError

client = SegmentsClient(os.environ["SANDBOX_KEY"], api_url=os.environ["SANDBOX_URL"])


def do(method, path, body):
    at = urlsplit(path)
    parts = [unquote(part) for part in at.path.strip("/").split("/")]
    match method, parts:
        case "GET", ["datasets", owner, name]:
            client.get_dataset(f"{owner}/{name}")
        case "GET", ["datasets", owner, name, "labelsets"]:
            client.get_labelsets(f"{owner}/{name}")
        case "GET", ["datasets", owner, name, "issues"]:
            client.get_issues(f"{owner}/{name}")
        case "GET", ["datasets", owner, name, "samples"]:
            client.get_samples(f"{owner}/{name}", name=parse_qs(at.query)["name__contains"][0])
        case "POST", ["datasets", owner, name, "samples_bulk"]:
            client.add_samples(f"{owner}/{name}", body)
        case "GET", ["samples", uuid]:
            client.get_sample(uuid)
        case "PATCH", ["samples", uuid]:
            client.update_sample(uuid, **body)
        case "POST", ["samples", uuid, "issues"]:
            client.add_issue(uuid, **body)
        case "GET", ["labels", uuid, labelset]:
            try:
                client.get_label(uuid, labelset)
            except NotFoundError:
                pass
        case "PUT", ["labels", uuid, labelset]:
            client.add_label(uuid, labelset, body["attributes"], body["label_status"])
        case "PATCH", ["labels", uuid, labelset]:
            client.update_label(uuid, labelset, **body)
        case _:
            raise AssertionError(f"the client has nothing like {method} {path}")


for call in json.loads(sys.argv[1]):
    do(call["method"], call["path"], call["body"])
