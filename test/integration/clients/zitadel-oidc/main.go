// Introspects tokens with zitadel/oidc, which finds the endpoint by discovery, and prints a line of JSON for each.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/client/rs"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

type answer struct {
	Active   bool   `json:"active"`
	Scope    string `json:"scope"`
	ClientID string `json:"clientId"`
}

func main() {
	ctx := context.Background()
	issuer := os.Getenv("ISSUER")
	// The library does not start without a token endpoint. Keyward has none, and introspection uses none.
	server, err := rs.NewResourceServerClientCredentials(
		ctx, issuer, os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), rs.WithStaticEndpoints(issuer, ""))
	if err != nil {
		log.Fatal(err)
	}
	for _, token := range os.Args[1:] {
		found, err := rs.Introspect[*oidc.IntrospectionResponse](ctx, server, token)
		if err != nil {
			log.Fatal(err)
		}
		line := answer{found.Active, strings.Join(found.Scope, " "), found.ClientID}
		if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
			log.Fatal(err)
		}
	}
}
