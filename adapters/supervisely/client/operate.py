"""Supervisely's own client does its work against the stand-in: each call asserts on what the client returns.

SANDBOX_URL is the server, SANDBOX_KEY the token.
"""

import json
import os
import urllib.error
import urllib.request

os.environ["SUPERVISELY_SKIP_HTTPS_USER_HELPER_CHECK"] = "true"
for name in ("SUPERVISELY_TASK_ID", "TASK_ID"):
    os.environ.pop(name, None)

import requests  # noqa: E402
import supervisely as sly  # noqa: E402

URL = os.environ["SANDBOX_URL"].rstrip("/")
KEY = os.environ["SANDBOX_KEY"]
PROJECT, DATASET, JOB, TEAM, LABELER, REVIEWER = 5, 7, 31, 4, 2, 8


def main():
    sly.logger.setLevel("CRITICAL")
    api = sly.Api(URL, KEY, retry_count=2, retry_sleep_sec=0)
    a_wrong_key_is_refused()
    projects_and_datasets(api)
    images_are_added_by_link(api)
    clashes_are_told(api)
    images_are_found(api)
    annotations_are_added(api)
    figures_are_appended(api)
    jobs_are_made(api)
    images_are_sent_back(api)
    what_the_client_never_sends()


def a_wrong_key_is_refused():
    error = raises(requests.HTTPError, lambda: sly.Api(URL, KEY + "-wrong", retry_count=1).dataset.get_info_by_id(DATASET))
    assert error.response.status_code == 401, error


def projects_and_datasets(api):
    assert api.project.get_info_by_id(PROJECT).name == "Rehearsal"
    meta = sly.ProjectMeta.from_json(api.project.get_meta(PROJECT))
    assert meta.get_obj_class("car") and meta.get_tag_meta("sunny"), meta
    meta = meta.add_obj_class(sly.ObjClass("lorry", sly.Rectangle))
    api.project.update_meta(PROJECT, meta)
    assert sly.ProjectMeta.from_json(api.project.get_meta(PROJECT)).get_obj_class("lorry").geometry_type == sly.Rectangle
    made = api.dataset.create(PROJECT, "second")
    assert made.name == "second" and made.project_id == PROJECT, made
    assert api.dataset.get_info_by_id(99) is None


def images_are_added_by_link(api):
    names = [f"op-{n}.jpg" for n in range(120)]  # 50 + 50 + 20
    infos = api.image.upload_links(DATASET, names, ["https://cdn.example.com/" + n for n in names], metas=[{"labelgate": n} for n in names])
    assert [i.name for i in infos] == names, infos[:2]
    assert infos[3].meta == {"labelgate": "op-3.jpg"} and infos[3].link == "https://cdn.example.com/op-3.jpg", infos[3]
    raises(ValueError, lambda: api.image.upload_links(DATASET, ["a.jpg", "a.jpg"], ["https://cdn.example.com/a.jpg"] * 2))


def clashes_are_told(api):
    names = ["op-0.jpg", "new-0.jpg", "op-1.jpg"]
    links = ["https://cdn.example.com/other/" + n for n in names]
    error = raises(requests.HTTPError, lambda: api.image.upload_links(DATASET, names, links))
    details = error.response.json()["details"]
    assert error.response.status_code == 400 and details["type"] == "NONUNIQUE", details
    assert {e["name"] for e in details["errors"]} == {"op-0.jpg", "op-1.jpg"}, details
    assert api.image.get_info_by_name(DATASET, "new-0.jpg") is None  # nothing of the batch was added
    added = api.image.upload_links(DATASET, names, links, conflict_resolution="skip")
    assert {i.name for i in added} == set(names), added
    assert api.image.get_info_by_name(DATASET, "op-0.jpg").link == "https://cdn.example.com/op-0.jpg"
    [replaced] = api.image.upload_links(DATASET, ["new-0.jpg"], ["https://cdn.example.com/third.jpg"], conflict_resolution="replace")
    assert replaced.link == "https://cdn.example.com/third.jpg"


def images_are_found(api):
    found = api.image.get_list(DATASET, filters=[{"field": "name", "operator": "in", "value": ["op-5.jpg", "op-6.jpg", "nowhere.jpg"]}])
    assert [i.name for i in found] == ["op-5.jpg", "op-6.jpg"], found
    assert len(api.image.get_list(DATASET)) == 127
    assert api.image.get_info_by_id(found[0].id).name == "op-5.jpg"
    assert api.image.update_meta(found[0].id, {"gw": "k9"})["meta"] == {"gw": "k9"}
    assert api.image.get_info_by_id(123456) is None


def annotations_are_added(api):
    meta = sly.ProjectMeta.from_json(api.project.get_meta(PROJECT))
    ids = [i.id for i in api.image.get_list(DATASET) if i.name.startswith("op-")]
    assert len(ids) == 120
    car = meta.get_obj_class("car")
    labels = [
        sly.Label(sly.Rectangle(20, 10, 220, 110), car),
        sly.Label(sly.Polygon([sly.PointLocation(2, 1), sly.PointLocation(4, 3), sly.PointLocation(6, 5)]), car),
        sly.Label(sly.Point(8, 7), car),
        sly.Label(sly.Polyline([sly.PointLocation(1, 1), sly.PointLocation(9, 9)]), car, tags=sly.TagCollection([sly.Tag(meta.get_tag_meta("src"), "u1")])),
    ]
    ann = sly.Annotation((480, 640), labels, img_tags=sly.TagCollection([sly.Tag(meta.get_tag_meta("sunny"))]))
    api.annotation.upload_anns(ids, [ann] * 120)  # 50 + 50 + 20
    back = api.annotation.download_json(ids[0])
    assert [o["geometryType"] for o in back["objects"]] == ["rectangle", "polygon", "point", "line"], back
    assert back["objects"][0]["points"]["exterior"] == [[10, 20], [110, 220]], back  # the client has taken its pixel off again
    assert [t["name"] for t in back["tags"]] == ["sunny"] and back["objects"][3]["tags"][0]["value"] == "u1", back
    raw = post("annotations.info", {"imageId": ids[0], "withCustomBigData": False, "forceMetadataForLinks": True, "integerCoords": False})
    assert raw["annotation"]["objects"][0]["points"]["exterior"] == [[10, 20], [111, 221]], raw
    assert raw["annotation"]["objects"][1]["points"]["exterior"][0] == [1.5, 2.5], raw
    api.annotation.upload_anns(ids[:1], [sly.Annotation((480, 640), labels[:1])])  # it takes the place of the first
    assert len(api.annotation.download_json(ids[0])["objects"]) == 1
    assert len(api.annotation.download_batch(DATASET, ids[:60])) == 60
    bad = {**raw["annotation"], "objects": [{**raw["annotation"]["objects"][0], "classTitle": "unicorn"}]}
    error = raises(requests.HTTPError, lambda: api.annotation.upload_jsons(ids[:1], [bad]))
    assert "unicorn" in error.response.json()["error"], error


def figures_are_appended(api):
    meta = sly.ProjectMeta.from_json(api.project.get_meta(PROJECT))
    image = api.image.get_info_by_name(DATASET, "op-0.jpg")
    api.annotation.append_labels(image.id, [sly.Label(sly.Rectangle(20, 10, 220, 110), meta.get_obj_class("car"))])
    assert len(api.annotation.download_json(image.id)["objects"]) == 2
    api.image.add_tag(image.id, meta.get_tag_meta("src").sly_id, "v")
    assert [t["value"] for t in api.annotation.download_json(image.id)["tags"]] == ["v"]


def jobs_are_made(api):
    ids = [i.id for i in api.image.get_list(DATASET)][:3]
    [made] = api.labeling_job.create(
        "issue 42", DATASET, [LABELER], readme="r", description="gw k1", classes_to_label=["car"], images_ids=ids, reviewer_id=REVIEWER
    )
    assert made.name == "issue 42" and [e["id"] for e in made.entities] == ids and made.classes_to_label == ["car"], made
    jobs = api.labeling_job.get_list(TEAM, dataset_id=DATASET, exclude_statuses=["completed"])
    assert [j.name for j in jobs] == ["first labelling", "issue 42"], jobs
    api.labeling_job.set_status(made.id, "on_review")
    assert api.labeling_job.get_info_by_id(made.id).status == "on_review"
    api.labeling_job.stop(made.id)
    assert api.labeling_job.get_info_by_id(made.id).status == "completed"
    assert api.labeling_job.get_info_by_id(98765) is None


def images_are_sent_back(api):
    job = api.labeling_job.get_info_by_id(JOB)
    assert api.labeling_job.restart(JOB, ignore_no_rejected_error=True) == []  # nothing is rejected yet
    error = raises(requests.HTTPError, lambda: api.labeling_job.restart(JOB))
    assert error.response.status_code == 400 and "No images found" in error.response.text
    back = [e["id"] for e in job.entities[:2]]
    for image in back:
        api.labeling_job.set_entity_review_status(JOB, image, "rejected")
    raises(requests.HTTPError, lambda: api.labeling_job.set_entity_review_status(JOB, 98765, "rejected"))
    [new] = api.labeling_job.restart(JOB, assignee_ids=[LABELER], reviewer_id=REVIEWER, title="again")
    info = api.labeling_job.get_info_by_id(new["id"])
    assert info.name == "again" and [e["id"] for e in info.entities] == back and info.assigned_to_id == LABELER, info
    assert {e["reviewStatus"] for e in info.entities} == {"none"}, info
    assert api.labeling_job.get_info_by_id(JOB).status == "completed"
    api.labeling_job.reject_annotations(JOB, mode="unmarked")
    [rest] = api.labeling_job.restart(JOB)
    assert len(api.labeling_job.get_info_by_id(rest["id"]).entities) == 4, rest  # the first two are gone


def what_the_client_never_sends():
    for method, body, want in (
        ("no.such.method", {}, 404),
        ("images.bulk.add", {"datasetId": DATASET, "images": []}, 400),
        ("images.bulk.add", {"datasetId": DATASET, "images": [{"title": "x", "link": "nowhere"}]}, 400),
        ("images.bulk.add", {"datasetId": DATASET, "images": [{"name": "x", "link": "https://a.example/x"}]}, 400),
        ("images.bulk.add", {"datasetId": "7", "images": [{"title": "x", "link": "https://a.example/x"}]}, 400),
        ("annotations.bulk.add", {"datasetId": DATASET, "annotations": [{"imageId": 1001}]}, 400),
        ("jobs.entities.update-review-status", {"jobId": JOB, "entityId": 1001, "status": "bad"}, 400),
    ):
        error = raises(urllib.error.HTTPError, lambda method=method, body=body: post(method, body))
        assert error.code == want and json.loads(error.read())["error"], (method, body, error.code)


def post(method, body):
    request = urllib.request.Request(
        URL + "/public/api/v3/" + method, json.dumps(body).encode(), {"x-api-key": KEY, "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def raises(kind, call):
    try:
        answer = call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, got {answer!r}")


main()
print("ok")
