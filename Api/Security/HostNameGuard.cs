using System.Net;
using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Security;

/// <summary>
/// Without keys the node answers only when it is called by a name of this machine. A web site can make its own name resolve to
/// 127.0.0.1 (DNS rebinding) and so reach the node from a visitor's browser as if it were of the same origin; but the browser then
/// sends the site's name in the Host header.
/// </summary>
internal sealed class HostNameGuard(RequestDelegate next, KeyRing keys)
{
    public Task InvokeAsync(HttpContext context) =>
        !keys.IsEmpty || IsOfThisMachine(context.Request.Host)
            ? next(context)
            : ProblemType.HostNameRefused.With(
                $"Without keys this node answers only to localhost, 127.0.0.1 and [::1], not to '{context.Request.Host}'. Set {ApiOptions.Section}:Keys to let others in.")
                .ExecuteAsync(context);

    private static bool IsOfThisMachine(HostString host) =>
        host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address));
}
