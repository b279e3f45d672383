using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Hosts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Hosts;

/// <summary>The host that a path names, or why there is none.</summary>
internal readonly record struct HostLookup(HostView? Host, ProblemHttpResult? Problem)
{
    public static ProblemHttpResult Malformed(string given) => ProblemType.AddressMalformed.With(
        $"'{given}' is no address of a host: give its IPv4 or IPv6 address or its name, as GET /hosts lists them.");

    public static ProblemHttpResult Unknown(string address) => ProblemType.HostUnknown.With(
        $"No host {address} is under supervision. GET /hosts lists those that are; PUT /containers/{address} adds it.", ("host", address));

    public static ProblemHttpResult NotListed(string address) => ProblemType.HostUnavailable.With(
        $"{address} has not listed its containers yet, or its engine does not answer: try again in a moment.", ("host", address));

    public static async Task<HostLookup> Find(string given, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (HostAddress.Parse(given) is not { } address)
        {
            return new(null, Malformed(given));
        }
        var host = await fleet.Read((controller, token) => controller.GetHost(address, token), cancellationToken);
        return host is null ? new(null, Unknown(address)) : new(host, null);
    }
}
