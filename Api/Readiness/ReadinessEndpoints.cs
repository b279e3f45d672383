using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HmsOrleans.Api.Readiness;

/// <summary>For supervisors and load balancers: does the process live, does the node do its work.</summary>
internal static class ReadinessEndpoints
{
    /// <summary>Longest wait: supervisors commonly give up after 3 to 5 s.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public static void MapReadiness(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("").WithTags("Readiness").AllowAnonymous();

        group.MapGet("/healthz", () => TypedResults.Ok(new LivenessReply("up")))
            .Describe("GetLiveness", "The process is up", "Answers as soon as the process does. Needs no key.")
            .Replies(new LivenessReply("up"));

        group.MapGet("/readyz", Get)
            .Describe("GetReadiness", "The node does its work",
                "200 while the node heals containers; a node without events or prober, with unsaved settings, cut off from its cluster or from the broker for commands is degraded, but ready. 503 while the engine does not answer or the node has not come up. Needs no key; without one, where keys are set, only ready and status are told.")
            .Produces<ReadinessReply>(StatusCodes.Status503ServiceUnavailable)
            .Replies(Examples.Readiness);
    }

    private static async Task<Results<Ok<ReadinessReply>, JsonHttpResult<ReadinessReply>>> Get(
        HttpContext http, FleetCalls fleet, LocalHost local, NodeMode mode, IServiceProvider services, CancellationToken cancellationToken)
    {
        var reply = await Ask(fleet, local.Address, mode, services.GetService<ICommandPath>()?.Status, cancellationToken);
        if (http.User.Identity is not { IsAuthenticated: true })
        {
            reply = reply.Bare();
        }
        return reply.Ready ? TypedResults.Ok(reply) : TypedResults.Json(reply, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<ReadinessReply> Ask(FleetCalls fleet, string? host, NodeMode mode, CommandPathStatus? broker, CancellationToken cancellationToken)
    {
        try
        {
            if (host is not null)
            {
                return Judge(host, mode, broker, await fleet.AskStatus(host, Limit, cancellationToken));
            }
            await fleet.AskSettings(Limit, cancellationToken);
            return new() { Ready = true, Status = ReadinessStatus.Ready };
        }
        catch (Exception e) when (FleetCalls.IsNoAnswer(e, cancellationToken))
        {
            var who = host is null ? "the controller" : "the host's grain";
            return new() { Ready = false, Status = ReadinessStatus.NotReady, Host = host, Reason = $"{who} does not answer: {FleetCalls.Why(e)}" };
        }
    }

    private static ReadinessReply Judge(string host, NodeMode mode, CommandPathStatus? broker, HostStatus status)
    {
        var ready = status.Ready && status.EngineAnswers;
        var reason = (status.EngineAnswers, status.Ready) switch
        {
            (false, _) => $"the engine does not answer: {status.EngineSilence}",
            (_, false) => "the engine's containers have not been listed yet",
            _ when mode.IsIsland => $"this node cares for its own host alone: {mode.AloneBecause}",
            _ when status.NoEvents is { } refusal => $"the engine tells no events, what happens is found by its list only, up to some seconds later: {refusal}",
            _ when status.Prober.Mode == ProberMode.Off => $"packet loss is not measured: {status.Prober.Reason}",
            _ when status.UnsavedBecause is not null => $"settings are not saved: {status.UnsavedBecause}",
            _ when broker?.Trouble is { } trouble => $"no commands come from the broker: {trouble}",
            _ => null,
        };
        var shown = HostStatusReply.From(status)!;
        return new()
        {
            Ready = ready,
            Status = !ready ? ReadinessStatus.NotReady : reason is null ? ReadinessStatus.Ready : ReadinessStatus.Degraded,
            Host = host,
            Reason = reason,
            Engine = shown.Engine,
            Prober = shown.Prober,
            Storage = shown.Storage,
            Broker = broker is null ? null : new(broker.Trouble is null, broker.Since, broker.Trouble, broker.DeadLetters, broker.DeadLettersWaiting),
        };
    }
}
