"""Introspects tokens as the documentation of authlib shows, and prints a line of JSON for each."""

import json
import os
import sys

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator

ENDPOINT = os.environ["ISSUER"] + "/oauth2/introspect"
METHOD = os.environ["AUTH_METHOD"]
SCOPE = os.environ["SCOPE"]


class Introspection(IntrospectTokenValidator):
    def introspect_token(self, token_string):
        session = OAuth2Session(
            os.environ["CLIENT_ID"],
            os.environ["CLIENT_SECRET"],
            token_endpoint_auth_method=METHOD,
        )
        response = session.introspect_token(
            ENDPOINT,
            token=token_string,
            token_type_hint="access_token",
            body="scope=" + SCOPE.replace(" ", "+") + "&resource=https%3A%2F%2Fapi.example.com",
        )
        response.raise_for_status()
        return response.json()


validator = Introspection()
for presented in sys.argv[1:]:
    token = validator.introspect_token(presented)
    try:
        validator.validate_token(token, [SCOPE], None)
        verdict = "allowed"
    except InvalidTokenError:
        verdict = "invalid_token"
    except InsufficientScopeError:
        verdict = "insufficient_scope"
    print(json.dumps({"active": token["active"], "scope": token.get("scope", ""), "verdict": verdict}))
