using System.Security.Claims;

namespace HmsOrleans.Api.Security;

/// <summary>Who asks.</summary>
internal static class Visitor
{
    /// <summary>Authenticated by a key in the request itself, which a foreign page cannot add.</summary>
    public const string ByKey = "key";

    /// <summary>Authenticated by the cookie of <see cref="SignInEndpoints"/>, which a browser adds by itself.</summary>
    public const string BySession = "session";

    /// <summary>Somebody on this machine, where no keys are set.</summary>
    public const string Local = "local";

    public static ClaimsPrincipal Of(ApiKey key, string way) => Of(key.Name, key.Role, way);

    public static ClaimsPrincipal OnThisMachine() => Of(Local, ApiRole.Chaos, Local);

    private static ClaimsPrincipal Of(string name, string role, string way) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, name), new(ClaimTypes.Role, role)], way));
}
