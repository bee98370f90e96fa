"""Lets Scale AI's own client do the work that the adapter has done, so that the requests of both can be compared.

The argument is a JSON list of the adapter's calls: {"method", "path", "body"}.
"""

import json
import os
import sys
from urllib.parse import parse_qs, unquote, urlsplit

import scaleapi
from scaleapi.tasks import TaskType

client = scaleapi.ScaleClient(os.environ["SANDBOX_KEY"], api_instance_url=os.environ["SANDBOX_URL"].rstrip("/") + "/v1")


def do(method, path, body):
    at = urlsplit(path)
    parts = [unquote(part) for part in at.path.strip("/").split("/")]
    match method, parts:
        case "POST", ["batches"]:
            client.create_batch(
                body["project"], body["name"], callback=body["callback"], calibration_batch=body["calibration_batch"],
                self_label_batch=body["self_label_batch"], metadata=body["metadata"],
            )
        case "POST", ["batches", name, "finalize"]:
            client.finalize_batch(name)
        case "POST", ["task", kind]:
            client.create_task(TaskType(kind), **body)
        case "GET", ["batches", name]:
            client.get_batch(name)
        case "GET", ["tasks"]:
            client.tasks(unique_id=parse_qs(at.query)["unique_id"][0])
        case "GET", ["projects", name]:
            client.get_project(name)
        case _:
            raise AssertionError(f"the client has nothing like {method} {path}")


for call in json.loads(sys.argv[1]):
    do(call["method"], call["path"], call["body"])
