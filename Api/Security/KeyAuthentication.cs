using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Security;

/// <summary>Authenticates by the key in a header, else by the session of a browser; answers 401 and 403 as problems.</summary>
internal sealed partial class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KeyRing keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "key";

    public const string Header = "X-Api-Key";

    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (keys.IsEmpty)
        {
            return AuthenticateResult.Success(new(Visitor.OnThisMachine(), SchemeName));
        }
        if (Given(Request.Headers) is { } given)
        {
            if (keys.Find(given) is { } key)
            {
                return AuthenticateResult.Success(new(Visitor.Of(key, Visitor.ByKey), SchemeName));
            }
            LogUnknownKey(Logger, Context.Connection.RemoteIpAddress, Request.Method, Request.Path);
            return AuthenticateResult.Fail("The key is not known.");
        }
        var session = await Context.AuthenticateAsync(SignInEndpoints.SchemeName);
        return session.Succeeded ? AuthenticateResult.Success(new(session.Principal, session.Properties, SchemeName)) : AuthenticateResult.NoResult();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<ForBrowsers>() is not null && WantsPage(Request))
        {
            Response.Redirect(SignInEndpoints.PathFor(Request));
            return;
        }
        Response.Headers.WWWAuthenticate = "Bearer realm=\"HmsOrleans\"";
        var problem = (await HandleAuthenticateOnceSafeAsync()).Failure is null
            ? ProblemType.KeyRequired.With(ProblemType.KeyRequired.Example)
            : ProblemType.KeyRequired.With("The key sent is none of those of Hms:Api:Keys. Ask whoever runs this node for one.");
        await problem.ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ProblemType.RoleInsufficient.With(
            $"The key '{Context.User.Identity?.Name}' has the role {Context.User.FindFirstValue(ClaimTypes.Role)}, and this needs {RoleRequirement.RoleFor(Context)}.")
            .ExecuteAsync(Context);

    private static string? Given(IHeaderDictionary headers)
    {
        if (headers.TryGetValue(Header, out var key))
        {
            return key.ToString();
        }
        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : null;
    }

    private static bool WantsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(LogLevel.Warning, "{Address} sent an unknown key with {Method} {Path}")]
    private static partial void LogUnknownKey(ILogger logger, IPAddress? address, string method, string path);
}

/// <summary>On endpoints that people open in a browser: without a session they lead to the sign-in page.</summary>
internal sealed class ForBrowsers;
