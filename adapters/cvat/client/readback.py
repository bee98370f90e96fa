"""Prints what CVAT's own client reads of the tasks of a project, as JSON: readback.py PROJECT.

Each task comes with its frames, jobs, annotations (labels and attributes by name) and issues with their comments.
"""

import json
import os
import sys

from cvat_sdk import make_client

URL, KEY, PROJECT = os.environ["SANDBOX_URL"], os.environ["SANDBOX_KEY"], int(sys.argv[1])


def names(labels):
    """Labels and their points by id: the name, and the attributes' names by id."""
    found = {}
    for label in labels:
        for one in [label, *label.sublabels]:
            found[one.id] = (one.name, {a.id: a.name for a in one.attributes})
    return found


def told(annotation, known):
    name, specs = known[annotation.label_id]
    out = {"frame": annotation.frame, "label": name, "source": annotation.source if "source" in annotation else ""}
    out["attributes"] = {specs[a.spec_id]: a.value for a in (annotation.attributes if "attributes" in annotation else [])}
    if "type" in annotation:
        out["type"] = str(annotation.type)
        out["points"] = list(annotation.points) if "points" in annotation else []
        out["score"] = annotation.score if "score" in annotation else None
        out["group"] = annotation.group if "group" in annotation else 0
        out["outside"] = bool(annotation.outside) if "outside" in annotation else False
        out["elements"] = [told(e, known) for e in (annotation.elements if "elements" in annotation else [])]
    return out


def whole(task):
    known = names(task.get_labels())
    annotations = task.get_annotations()
    return {
        "id": task.id, "name": task.name, "project_id": task.project_id, "bug_tracker": task.bug_tracker,
        "subset": task.subset, "size": task.size, "image_quality": task.image_quality,
        "assignee": task.assignee.id if task.assignee else 0,
        "frames": [f.name for f in task.get_frames_info()],
        "shapes": [told(s, known) for s in annotations.shapes],
        "tags": [told(t, known) for t in annotations.tags],
        "jobs": [
            {
                "id": j.id, "start": j.start_frame, "stop": j.stop_frame, "stage": j.stage, "state": j.state,
                "assignee": j.assignee.id if j.assignee else 0,
                "issues": [
                    {"frame": i.frame, "position": list(i.position), "comments": [c.message for c in i.get_comments()]}
                    for i in j.get_issues()
                ],
            }
            for j in task.get_jobs()
        ],
    }


with make_client(URL, access_token=KEY) as client:
    tasks = client.tasks.list(project_id=PROJECT)
    print(json.dumps([whole(t) for t in sorted(tasks, key=lambda t: t.id) if t.size > 0]))
