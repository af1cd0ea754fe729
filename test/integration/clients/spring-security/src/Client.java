import java.net.URI;
import java.util.stream.Collectors;
import org.springframework.http.RequestEntity;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.server.resource.introspection.BadOpaqueTokenException;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/** Introspects tokens with the introspector of Spring Security, and prints a line for each: its authorities, or "inactive". */
public final class Client {
  public static void main(String[] tokens) {
    String endpoint = System.getenv("ISSUER") + "/oauth2/introspect";
    SpringOpaqueTokenIntrospector introspector =
        SpringOpaqueTokenIntrospector.withIntrospectionUri(endpoint)
            .clientId(System.getenv("CLIENT_ID"))
            .clientSecret(System.getenv("CLIENT_SECRET"))
            .build();
    String scope = System.getenv("SCOPE");
    if (scope != null) {
      introspector.setRequestEntityConverter(
          token -> {
            MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
            form.add("token", token);
            form.add("scope", scope);
            return RequestEntity.post(URI.create(endpoint)).body(form);
          });
    }
    for (String token : tokens) {
      try {
        OAuth2AuthenticatedPrincipal principal = introspector.introspect(token);
        System.out.println(
            principal.getAuthorities().stream()
                .map(GrantedAuthority::getAuthority)
                .collect(Collectors.joining(" ")));
      } catch (BadOpaqueTokenException inactive) {
        System.out.println("inactive");
      }
    }
  }
}
