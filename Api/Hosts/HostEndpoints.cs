using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Hosts;

/// <summary>Docker hosts: seeing them, taking them into the fleet and out of it.</summary>
internal static class HostEndpoints
{
    private static readonly NumberField Threshold = NumberField.Threshold with { Nullable = true };

    public static void MapHosts(this RouteGroupBuilder api)
    {
        api.MapGet("/hosts", GetAll)
            .WithTags("Hosts")
            .Describe("GetHosts", "All hosts", "All hosts without their containers: how fresh the knowledge of each is, what it says of itself, and how its containers fare.")
            .Replies(Examples.Summaries);

        var host = api.MapGroup("/containers/{address}").WithTags("Hosts").Fails(ProblemType.AddressMalformed);

        host.MapPut("/", Add)
            .Describe("AddHost", "Add a Docker host",
                "Takes a host under supervision, or back after it was removed. An HmsOrleans node has to run on it. Idempotent.")
            .Fails(ProblemType.NodeMissing)
            .Replies(Examples.Host);

        host.MapDelete("/", Remove)
            .Describe("RemoveHost", "Remove a Docker host",
                "Ends the supervision of a host, also after a restart of its node. Its node goes on, idle; the containers go on running.")
            .Fails(ProblemType.HostUnknown)
            .Replies(Examples.Removed);

        host.MapPost("/", SetThreshold)
            .Describe("SetHostThreshold", "Set the threshold of one host",
                "Packet loss in percent above which the host's containers are restarted, if they have no threshold of their own. null removes it: the fleet decides again.")
            .Fails(ProblemType.HostUnknown, ProblemType.HostUnavailable)
            .Takes<OwnThresholdRequest>(Examples.ThresholdRequest)
            .Replies(Examples.Summary);
    }

    private static async Task<Ok<IEnumerable<HostSummary>>> GetAll(FleetCalls fleet, CancellationToken cancellationToken)
    {
        var hosts = await fleet.Read((controller, token) => controller.GetHosts(token), cancellationToken);
        return TypedResults.Ok(hosts.Select(HostSummary.From));
    }

    private static async Task<Results<Applied<HostReply>, ProblemHttpResult>> Add(
        string address, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (HostAddress.Parse(address) is not { } parsed)
        {
            return HostLookup.Malformed(address);
        }
        try
        {
            var host = await fleet.Change((controller, token) => controller.AddHost(parsed, token), cancellationToken);
            return new Applied<HostReply>(HostReply.From(host), await fleet.WhenSaved(cancellationToken));
        }
        catch (NoAnswerException e) when (e.InnerException is HostUnavailableException)
        {
            return ProblemType.NodeMissing.With(
                $"No HmsOrleans node for {parsed} is in the cluster: start an HmsOrleans node on that host with Hms:Host:Address={parsed}, then repeat this request.",
                ("host", parsed));
        }
    }

    private static async Task<Results<Applied<RemovedReply>, ProblemHttpResult>> Remove(
        string address, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (HostAddress.Parse(address) is not { } parsed)
        {
            return HostLookup.Malformed(address);
        }
        return await fleet.Change((controller, token) => controller.RemoveHost(parsed, token), cancellationToken)
            ? new Applied<RemovedReply>(RemovedReply.Of(parsed), await fleet.WhenSaved(cancellationToken))
            : HostLookup.Unknown(parsed);
    }

    private static async Task<Results<Applied<HostSummary>, ProblemHttpResult>> SetThreshold(
        string address, HttpRequest request, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, cancellationToken, Threshold);
        if (body.Problem is not null)
        {
            return body.Problem;
        }
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        if (host is null)
        {
            return problem!;
        }
        var status = await fleet.Ask(host, (grain, token) => grain.SetThreshold(body[Threshold], token), cancellationToken);
        return new Applied<HostSummary>(HostSummary.From(host with { Status = status }), await fleet.WhenSaved(host.Address, cancellationToken));
    }
}
