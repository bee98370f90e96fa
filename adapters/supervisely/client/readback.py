"""Supervisely's own client reads what the adapter has sent, and prints it as JSON.

Argument: the delivery's key, which the names of its images and its job hold.
"""

import json
import os
import sys

os.environ["SUPERVISELY_SKIP_HTTPS_USER_HELPER_CHECK"] = "true"

import supervisely as sly  # noqa: E402

sly.logger.setLevel("CRITICAL")
api = sly.Api(os.environ["SANDBOX_URL"].rstrip("/"), os.environ["SANDBOX_KEY"], retry_count=1)
KEY = sys.argv[1]
DATASET, PROJECT, TEAM = 7, 5, 4

images = [i for i in api.image.get_list(DATASET) if i.name.startswith(KEY)]
meta = sly.ProjectMeta.from_json(api.project.get_meta(PROJECT))
read = {"images": [], "jobs": []}
for image, info in zip(images, api.annotation.download_batch(DATASET, [i.id for i in images])):
    shown = {"id": image.id, "name": image.name, "link": image.link, "meta": image.meta, "objects": [], "tags": []}
    if image.labels_count or info.annotation["tags"]:
        ann = sly.Annotation.from_json(info.annotation, meta)  # as the client understands it
        shown["objects"] = [
            {"class": label.obj_class.name, "geometry": label.geometry.geometry_name(), "box": [
                label.geometry.to_bbox().left, label.geometry.to_bbox().top, label.geometry.to_bbox().right, label.geometry.to_bbox().bottom
            ]}
            for label in ann.labels
        ]
        shown["tags"] = [{"name": tag.name, "value": tag.value} for tag in ann.img_tags]
        shown["size"] = [ann.img_size[1], ann.img_size[0]]
    read["images"].append(shown)
for job in api.labeling_job.get_list(TEAM, dataset_id=DATASET):
    if KEY in job.name:
        whole = api.labeling_job.get_info_by_id(job.id)
        read["jobs"].append({
            "id": whole.id, "name": whole.name, "labeler": whole.assigned_to_id, "reviewer": whole.reviewer_id,
            "images": [e["name"] for e in whole.entities],
        })
json.dump(read, sys.stdout)
