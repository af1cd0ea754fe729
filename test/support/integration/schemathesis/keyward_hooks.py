"""The keys that schemathesis calls with. It has its own keys, so that it can revoke and rotate any key it sees."""

import json
import os

import requests
import schemathesis

CREATE = os.environ["KEYWARD_URL"] + "/v1/api-keys"
ROOT = os.environ["KEYWARD_ROOT_TOKEN"]
ROOT_ID = ROOT.split("_")[1]
CALLER = json.loads(os.environ["KEYWARD_CALLER"])
CASES_PER_KEY = int(os.environ["KEYWARD_CASES_PER_KEY"])


@schemathesis.auth(refresh_interval=None)
class CallerKeys:
    def __init__(self):
        self.token = ""
        self.cases = 0

    def get(self, case, context):
        if self.cases % CASES_PER_KEY == 0:
            headers = {"Authorization": f"Bearer {ROOT}"}
            made = requests.post(CREATE, headers=headers, json={"name": "caller", **CALLER}, timeout=10)
            made.raise_for_status()
            self.token = made.json()["token"]
        self.cases += 1
        return self.token

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Protects the key that creates the others: requests about it use an unknown id instead."""
    parameters = case.path_parameters or {}
    if ROOT_ID in str(parameters.get("id")):
        parameters["id"] = "0" * len(ROOT_ID)
