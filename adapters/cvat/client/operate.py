"""CVAT's own client does against the stand-in what the adapter does, and what its users do: every answer is asserted.

SANDBOX_URL and SANDBOX_KEY say where the stand-in is. It prints {"ok": true, "checked": [...]}.
"""

import json
import os

from cvat_sdk import make_client, models
from cvat_sdk.api_client import exceptions
from cvat_sdk.core.exceptions import BackgroundRequestException
from cvat_sdk.core.proxies.annotations import AnnotationUpdateAction
from cvat_sdk.core.proxies.tasks import ResourceType

URL, KEY = os.environ["SANDBOX_URL"], os.environ["SANDBOX_KEY"]
IMAGES = [
    "https://images.example.com/a/one.jpg?sig=1&w=640&h=480",
    "https://images.example.com/a/two%20words.jpg",
    "https://images.example.com/b/three.png",
]
checked = []


def connect():
    client = make_client(URL, access_token=KEY)
    client.config.status_check_period = 0.01
    return client


def check(name, condition):
    assert condition, name
    checked.append(name)


def refused(name, kind, words, call):
    try:
        call()
    except kind as e:
        check(name, all(word in str(getattr(e, "body", "") or e) for word in words))
        return
    raise AssertionError(f"{name}: it was not refused")


def data(urls, **more):
    return {"resource_type": ResourceType.REMOTE, "resources": urls, "params": {"sorting_method": "predefined", "image_quality": 70, **more}}


def batch(client):
    """Task, remote images, background request, frames, labels, annotations."""
    spec = {"name": "issue-42 #1", "project_id": 1, "segment_size": 2, "bug_tracker": "labelgate:k1/1", "subset": "Train"}
    task = client.tasks.create(spec)
    check("task created", task.name == "issue-42 #1" and task.project_id == 1 and task.bug_tracker == "labelgate:k1/1")
    task.upload_data(**data(IMAGES))
    check("data attached", task.size == 3)
    frames = task.get_frames_info()
    check("frame names", [f.name for f in frames] == ["one.jpg", "two words.jpg", "three.png"])
    check("frame sizes", (frames[0].width, frames[0].height, frames[1].width) == (640, 480, 1280))
    check("jobs", [(j.start_frame, j.stop_frame, j.stage, j.state) for j in task.get_jobs()] == [(0, 1, "annotation", "new"), (2, 2, "annotation", "new")])

    labels = {label.name: label for label in task.get_labels()}
    cat, animal, indoor = labels["cat"], labels["animal"], labels["indoor"]
    spec_id = cat.attributes[0].id
    nose = next(sub for sub in animal.sublabels if sub.name == "nose")
    task.set_annotations(models.LabeledDataRequest(
        shapes=[
            models.LabeledShapeRequest(type="rectangle", label_id=cat.id, frame=0, points=[1, 2, 30, 40],
                                       attributes=[models.AttributeValRequest(spec_id=spec_id, value="uuid-1")]),
            models.LabeledShapeRequest(type="polygon", label_id=cat.id, frame=2, points=[1, 2, 30, 40, 5, 60], score=0.5, source="auto"),
            models.LabeledShapeRequest(type="polyline", label_id=cat.id, frame=2, points=[1, 2, 30, 40]),
            models.LabeledShapeRequest(type="points", label_id=cat.id, frame=1, points=[1, 2, 30, 40]),
            models.LabeledShapeRequest(type="skeleton", label_id=animal.id, frame=1, elements=[
                models.SubLabeledShapeRequest(type="points", label_id=nose.id, frame=1, points=[5, 6])]),
        ],
        tags=[models.LabeledImageRequest(label_id=indoor.id, frame=0)],
    ))
    back = task.get_annotations()
    check("annotations read back", [str(s.type) for s in back.shapes] == ["rectangle", "points", "skeleton", "polygon", "polyline"])
    check("attribute kept", back.shapes[0].attributes[0].value == "uuid-1")
    check("elements kept", back.shapes[2].elements[0].points == [5.0, 6.0])
    check("score kept", back.shapes[3].score == 0.5 and back.shapes[3].source == "auto")
    check("tags kept", len(back.tags) == 1 and back.tags[0].label_id == indoor.id)
    task.update_annotations(models.PatchedLabeledDataRequest(tags=[models.LabeledImageRequest(label_id=indoor.id, frame=1)]),
                            action=AnnotationUpdateAction.CREATE)
    check("annotations added", len(task.get_annotations().tags) == 2)
    return task, cat


def found_again(client, task):
    """Look-ups that find what was made, and the limits of a second attach."""
    check("found by tracker link", [t.id for t in client.tasks.list(tracker_link="labelgate:k1/1")] == [task.id])
    check("not found", client.tasks.list(tracker_link="labelgate:k2/1") == [])
    check("found by name", [t.id for t in client.tasks.list(name="issue-42 #1")] == [task.id])
    check("found in the project", [t.id for t in client.tasks.list(project_id=1)] == [task.id])
    requests, _ = client.api_client.requests_api.list(action="create", target="task", task_id=task.id)
    check("request found", requests.count == 1 and str(requests.results[0].status) == "finished")
    refused("data twice", exceptions.ApiException, ["Adding more data is not supported"], lambda: task.upload_data(**data(IMAGES)))


def failures(client):
    """What the client tells its users when CVAT cannot fetch an image, and when a request is wrong."""
    def attach(urls, words, kind=BackgroundRequestException):
        task = client.tasks.create({"name": "bad", "project_id": 1})
        refused(words[0], kind, words, lambda: task.upload_data(**data(urls)))
        return task

    gone = "https://images.example.com/missing/gone.jpg"
    task = attach([IMAGES[0], gone], ["Failed to download " + gone])
    check("no data after a failure", client.tasks.retrieve(task.id).size == 0)
    refused("same URLs again", exceptions.ServiceException, ["duplicate key"], lambda: task.upload_data(**data([IMAGES[0]])))
    attach([IMAGES[0], "https://elsewhere.example.com/one.jpg"], ["filename collision: one.jpg"])
    attach(["https://images.example.com/noending"], ["No media data found"])
    attach([IMAGES[0], IMAGES[0]], ["duplicate key"], exceptions.ServiceException)
    attach([IMAGES[0] + "x" * 1024], ["remote_files"], exceptions.ApiException)
    refused("unknown project", exceptions.ApiException, ["project_id"], lambda: client.tasks.create({"name": "x", "project_id": 99}))
    refused("neither project nor labels", exceptions.ApiException, ["Label list or project_id"], lambda: client.tasks.create({"name": "x"}))
    refused("unknown task", exceptions.NotFoundException, ["No Task"], lambda: client.tasks.retrieve(999))
    with make_client(URL, access_token="not " + KEY) as stranger:
        refused("wrong key", exceptions.UnauthorizedException, ["Invalid token"], lambda: stranger.tasks.list())


def rework(client, task, cat):
    """Jobs sent back, and an issue a frame."""
    refused("unknown label", exceptions.ApiException, ["label_id `999` is invalid"], lambda: task.set_annotations(
        models.LabeledDataRequest(tags=[models.LabeledImageRequest(label_id=999, frame=0)])))
    job = client.jobs.list(task_id=task.id)[0]
    job.update({"stage": "validation"})
    check("a stage resets the state", (job.stage, job.state) == ("validation", "new"))
    job.update({"stage": "annotation", "state": "rejected", "assignee": 2})
    check("job sent back", (job.stage, job.state, job.assignee.id) == ("annotation", "rejected", 2))
    issue = client.issues.create({"frame": 1, "position": [1.0, 2.0, 30.0, 40.0], "job": job.id, "message": "wrong class"})
    check("issue created", issue.frame == 1 and issue.job == job.id and issue.position == [1.0, 2.0, 30.0, 40.0])
    check("issue listed", [i.id for i in job.get_issues()] == [issue.id])
    check("message is a comment", [c.message for c in issue.get_comments()] == ["wrong class"])
    client.comments.create({"issue": issue.id, "message": "more"})
    check("comments by job and frame", [c.message for c in client.comments.list(job_id=job.id, frame_id=1)] == ["wrong class", "more"])
    issue.update({"resolved": True})
    check("issue resolved", issue.resolved)
    refused("frame of another job", exceptions.ApiException, ["frame"], lambda: client.issues.create(
        {"frame": 2, "position": [1.0, 2.0], "job": job.id, "message": "x"}))


def organization(client):
    """What belongs to an organization is seen from there."""
    client.organization_slug = "acme"
    task = client.tasks.create({"name": "acme's", "project_id": 2})
    check("made in the organization", task.organization == 1)
    check("labels of an organization's task", "cat" in {label.name for label in task.get_labels()})
    check("seen in it", [t.id for t in client.tasks.list()] == [task.id])
    client.organization_slug = ""
    check("not seen outside", task.id not in [t.id for t in client.tasks.list()])
    client.organization_slug = "nobody"
    refused("unknown organization", exceptions.NotFoundException, ["does not exist"], lambda: client.tasks.list())
    client.organization_slug = None
    check("a project", client.projects.retrieve(1).name == "rehearsal")
    check("the user", client.users.retrieve_current_user().username == "admin")
    with make_client(URL, credentials=("admin", KEY)) as other:
        check("by password", other.projects.retrieve(2).name == "rehearsal of acme")


def main():
    with connect() as client:
        task, cat = batch(client)
        found_again(client, task)
        failures(client)
        rework(client, task, cat)
        organization(client)
    print(json.dumps({"ok": True, "checked": checked}))


main()
