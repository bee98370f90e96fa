"""Prints what the Segments.ai client reads of a dataset, as JSON: readback.py OWNER/DATASET."""

import json
import os
import sys

from segments import SegmentsClient
from segments.exceptions import NotFoundError

client = SegmentsClient(os.environ["SANDBOX_KEY"], api_url=os.environ["SANDBOX_URL"])
dataset = sys.argv[1]


def label(sample):
    try:
        got = client.get_label(sample.uuid, "ground-truth")
    except NotFoundError:
        return None
    return {
        "label_status": got.label_status,
        "score": got.score,
        "attributes": got.attributes.model_dump(mode="json", exclude_unset=True),
    }


def told(sample):
    return {
        "name": sample.name,
        "image": sample.attributes.image.url,
        "metadata": sample.metadata,
        "priority": sample.priority,
        "assigned_labeler": sample.assigned_labeler,
        "label": label(sample),
    }


def issue(got):
    anchor = got.anchor.model_dump(mode="json", exclude_unset=True) if got.anchor else None
    return {"sample_name": got.sample_name, "description": got.description, "status": got.status, "anchor": anchor}


json.dump(
    {
        "samples": [told(s) for s in client.get_samples(dataset)],
        "issues": [issue(i) for i in client.get_issues(dataset)],
    },
    sys.stdout,
)
