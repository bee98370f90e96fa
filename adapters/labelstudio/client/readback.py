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
    return [show(ls, interface, task) for task in sorted(ls.tasks.list(project=project), key=lambda task: task.id)]


def show(ls, interface, task):
    predictions = []
    for prediction in ls.predictions.list(task=task.id):
        shown = {"result": prediction.result, "score": prediction.score, "model_version": prediction.model_version}
        errors = interface.validate_prediction(shown, return_errors=True)
        assert errors == [], errors
        predictions.append(shown)
    annotations = ls.annotations.list(id=task.id)
    return {
        "id": task.id, "data": task.data, "meta": task.meta, "is_labeled": task.is_labeled, "predictions": predictions,
        "annotations": [a.id for a in annotations], "drafts": len(task.drafts or []),
        "reviews": [review for a in annotations for review in reviews(ls, a.id)],
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
