using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Security;

/// <summary>A viewer reads, an operator does everything. It holds for every endpoint that does not say otherwise, so none can be forgotten.</summary>
internal sealed class RoleRequirement : AuthorizationHandler<RoleRequirement>, IAuthorizationRequirement
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
    {
        if (context.User.IsInRole(ApiRole.Operator) || (context.User.IsInRole(ApiRole.Viewer) && context.Resource is HttpContext http && Reads(http)))
        {
            context.Succeed(requirement);
        }
        return Task.CompletedTask;
    }

    private static bool Reads(HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
}
