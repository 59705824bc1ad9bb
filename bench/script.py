# The same script in Python: prometheus_client's default metrics, urllib, page after page, a gauge
# per agent.
import json, os, sys, urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from prometheus_client import Gauge, generate_latest

api = os.environ["VCC_API_URL"]
agents = Gauge("agents", "agents", ["presence"])
described = Gauge("agents_by_description", "described", ["presence", "description"])
idle = Gauge("agents_idle", "idle")
work = Gauge("workload", "workload", ["workload"])
legs = Gauge("interactions", "interactions", ["medium", "medium_manager", "direction", "state"])
reasons = Gauge("interactions_by_reason", "reasons", ["state", "reason"])
ages = Gauge("presence_age_bucket", "ages", ["presence", "le"])
oldest = Gauge("presence_oldest", "oldest", ["presence"])
bounds = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800]
now = datetime.fromisoformat("2026-01-15T10:00:00+00:00").timestamp()
token = None


def read():
    global token
    if token is None:
        with urllib.request.urlopen(urllib.request.Request(f"{api}/token", method="POST")) as answer:
            token = json.load(answer)["access_token"]
    items, page, pages = [], 1, 1
    while page <= pages:
        url = f"{api}/stats/agent-status?page={page}&limit=1000"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})) as answer:
            body = json.load(answer)
        pages = body["meta"]["pageCount"]
        items += body["items"]
        page += 1
    return items


def count(items):
    for gauge in (agents, described, work, legs, reasons, ages, oldest):
        gauge.clear()
    idle.set(0)
    since_of = {}
    for item in items:
        presence, workload = item["presence"], item["workload"]
        name = presence["name"]
        agents.labels(name).inc()
        described.labels(name, presence["description"]).inc()
        since = datetime.fromisoformat(presence["since"].replace("Z", "+00:00")).timestamp()
        since_of[name] = min(since, since_of.get(name, since))
        for le in bounds:
            if now - since <= le:
                ages.labels(name, le).inc()
        kinds = workload["calls"], workload["semiLive"], workload["nonLive"]
        for kind, amount in zip(("live", "semi_live", "non_live"), kinds):
            work.labels(kind).inc(amount)
        if name == "Ready" and sum(kinds) + len(item["interaction"]) == 0:
            idle.inc()
        for leg in item["interaction"]:
            legs.labels(leg["medium"], leg["mediumManager"], leg["direction"], leg["state"]).inc()
            reasons.labels(leg["state"], leg.get("reason") or "").inc()
    for name, since in since_of.items():
        oldest.labels(name).set(since)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        count(read())
        body = generate_latest()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
server.serve_forever()
