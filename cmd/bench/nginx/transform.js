// The same transformations as Labelgate's two drop-in configs, in njs, with nothing kept: an event that the vendor does not
// take is lost. nginx answers 204 when the vendor has answered.

function envelope(r) {
    if (r.headersIn['X-Aquarium-Secret'] !== r.variables.webhook_secret) {
        r.return(401);
        return null;
    }
    const body = JSON.parse(r.requestText);
    if (body.event !== 'issue-exported' || !body.issue) {
        r.return(400);
        return null;
    }
    return body;
}

function forward(r, uri, body) {
    r.subrequest(uri, {method: 'POST', body: JSON.stringify(body)}, function (reply) {
        r.return(reply.status >= 200 && reply.status < 300 ? 204 : 502);
    });
}

// fetch sends by njs's own client, which opens a connection a call in this version.
async function fetch(r, url, body) {
    const reply = await ngx.fetch(url, {
        method: 'POST',
        headers: {'Content-Type': 'application/json', 'Authorization': 'Bearer bench-key'},
        body: JSON.stringify(body)
    });
    r.return(reply.status >= 200 && reply.status < 300 ? 204 : 502);
}

function batch(event) {
    const elements = event.issue.elements;
    const seen = {};
    const frames = [];
    for (let i = 0; i < elements.length; i++) {
        const e = elements[i];
        if (seen[e.frame_id]) {
            continue;
        }
        seen[e.frame_id] = true;
        frames.push({id: e.frame_id, url: e.frame_data.sensor_data[0].data_urls.image_url});
    }
    const name = elements[0].dataset + '_relabel_' + elements[0].issue_name;
    return {name: name, project: event.project, frames: frames};
}

function rest(r) {
    const event = envelope(r);
    if (event) {
        forward(r, '/vendor/batches', batch(event));
    }
}

async function rest_fetch(r) {
    const event = envelope(r);
    if (event) {
        await fetch(r, r.variables.vendor_url + '/batches', batch(event));
    }
}

const mutation = 'mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) { project(where: {id: $projectId}) ' +
    '{ bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: true, waitForQueue: true) { count } } }';

function graphql(r) {
    const event = envelope(r);
    if (!event) {
        return;
    }
    const seen = {};
    const ids = [];
    const add = function (label) {
        if (!seen[label.uuid]) {
            seen[label.uuid] = true;
            ids.push(label.uuid);
        }
    };
    event.issue.elements.forEach(function (e) {
        if (e.element_type === 'crop') {
            add(e.crop_data);
        } else {
            e.frame_data.label_data.forEach(add);
        }
    });
    forward(r, '/vendor/graphql', {query: mutation, variables: {projectId: event.project, labelIds: ids}});
}

export default {rest, rest_fetch, graphql};
