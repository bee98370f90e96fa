"""CVAT's own client does the same work that the adapter does, so that a test can compare what both send.

The argument is JSON: "batch" or "relabel", with names, images, labels and frames in plain words.
"""

import json
import os
import sys

from cvat_sdk import make_client, models
from cvat_sdk.core.proxies.tasks import ResourceType


def main():
    work = json.loads(sys.argv[1])
    with make_client(os.environ["SANDBOX_URL"], access_token=os.environ["SANDBOX_KEY"]) as client:
        client.config.status_check_period = 0.01
        if work["organization"]:
            client.organization_slug = work["organization"]
        {"batch": batch, "relabel": relabel}[work["do"]](client, work)


def batch(client, work):
    page, _ = client.api_client.labels_api.list(project_id=work["task"]["project_id"], page=1, page_size=500)
    labels = {label.name: label for label in page.results}
    task = client.tasks.create(work["task"])
    client.tasks.list(tracker_link=work["task"]["bug_tracker"])
    task.upload_data(
        resource_type=ResourceType.REMOTE, resources=work["images"],
        params={"sorting_method": "predefined", "image_quality": work["quality"]},
    )
    client.api_client.requests_api.list(action="create", target="task", task_id=task.id, page=1)
    frames = {frame.name: number for number, frame in enumerate(task.get_frames_info())}
    data = models.LabeledDataRequest()
    for label in work["labels"] or []:
        annotation = drawn(label, labels[label["class"]], frames[label["file"]])
        kind = "tags" if isinstance(annotation, models.LabeledImageRequest) else "shapes"
        data[kind] = (data[kind] if kind in data else []) + [annotation]
    if work["labels"]:
        task.set_annotations(data)


def drawn(label, spec, frame):
    common = {"label_id": spec.id, "frame": frame}
    if label["confidence"] is not None:
        common["source"] = "auto"
    carried = {"attributes": [models.AttributeValRequest(spec_id=spec.attributes[0].id, value=label["uuid"])]}
    if label["type"] == "tag":
        return models.LabeledImageRequest(**common, **carried)
    if label["confidence"] is not None:
        common["score"] = label["confidence"]
    if label["group"]:
        carried["group"] = label["group"]
    if label["type"] == "skeleton":
        points = {point["name"]: point for point in label["points"]}
        carried["elements"] = [
            models.SubLabeledShapeRequest(
                type="points", **{**common, "label_id": sub.id}, points=points[sub.name]["at"],
                **({"outside": True} if points[sub.name]["outside"] else {}),
            )
            for sub in spec.sublabels
        ]
    else:
        carried["points"] = label["points"]
    return models.LabeledShapeRequest(type=label["type"], **common, **carried)


def relabel(client, work):
    tasks, _ = client.api_client.tasks_api.list(project_id=work["project"], page=1, page_size=100)
    for task in tasks.results:
        client.tasks.retrieve(task.id).get_meta()
        client.api_client.jobs_api.list(task_id=task.id, page=1, page_size=500)
    for issue in work["issues"]:
        client.issues.create(issue)
        client.api_client.comments_api.list(job_id=issue["job"], frame_id=issue["frame"], page=1, page_size=500)
    for job in work["jobs"]:
        client.jobs.retrieve(job).update(work["job"])


main()
