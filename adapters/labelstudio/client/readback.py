"""Reads back with Label Studio's own client what the adapter has sent: readback.py PROJECT... prints their tasks as JSON.

SANDBOX_URL is the server, SANDBOX_KEY the key.
"""

import json
import os
import sys

from label_studio_sdk.client import LabelStudio
from label_studio_sdk.core.api_error import ApiError


def main(projects):
    ls = LabelStudio(base_url=os.environ["SANDBOX_URL"], api_key=os.environ["SANDBOX_KEY"])
    print(json.dumps([tasks(ls, project) for project in projects]))


def tasks(ls, project):
    interface = ls.projects.get(id=project).get_label_interface()
    found = sorted(ls.tasks.list(project=project, page_size=500), key=lambda task: task.id)
    return [show(ls, interface, task) for task in found]


def show(ls, interface, task):
    predictions = []
    for prediction in task.predictions:
        shown = {name: getattr(prediction, name) for name in ("result", "score", "model_version")}
        errors = interface.validate_prediction(shown, return_errors=True)
        assert errors == [], errors
        predictions.append(shown)
    annotations = [a["id"] for a in task.annotations]
    return {
        "id": task.id, "data": task.data, "meta": task.meta, "is_labeled": task.is_labeled, "predictions": predictions,
        "annotations": annotations, "drafts": len(task.drafts or []),
        "reviews": [review for a in annotations for review in reviews(ls, a)],
    }


def reviews(ls, annotation):
    """Enterprise has them; Community answers 404."""
    try:
        return [{"accepted": r.accepted, "comment": r.model_extra["comment"]} for r in ls.annotation_reviews.list(annotation=annotation)]
    except ApiError as e:
        assert e.status_code == 404, e
        return []


if __name__ == "__main__":
    main([int(project) for project in sys.argv[1:]])
