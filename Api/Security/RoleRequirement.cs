using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Security;

/// <summary>A viewer reads, an operator changes things too, and chaos may have containers attacked. It holds for every endpoint that does not say otherwise, so none can be forgotten.</summary>
internal sealed class RoleRequirement : AuthorizationHandler<RoleRequirement>, IAuthorizationRequirement
{
    // Each may do what those before it may.
    private static readonly string[] Roles = [ApiRole.Viewer, ApiRole.Operator, ApiRole.Chaos];

    /// <summary>The least role that a request needs.</summary>
    public static string RoleFor(HttpContext http) =>
        HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? ApiRole.Viewer
        : http.GetEndpoint()?.Metadata.GetMetadata<ForChaos>() is null ? ApiRole.Operator
        : ApiRole.Chaos;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
    {
        var needed = context.Resource is HttpContext http ? RoleFor(http) : ApiRole.Chaos;
        if (Array.Exists(Roles[Array.IndexOf(Roles, needed)..], context.User.IsInRole))
        {
            context.Succeed(requirement);
        }
        return Task.CompletedTask;
    }
}

/// <summary>On endpoints that have containers attacked.</summary>
internal sealed class ForChaos;
