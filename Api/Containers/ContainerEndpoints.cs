using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Containers;

/// <summary>Containers: seeing them, and putting single ones under supervision or out of it.</summary>
internal static class ContainerEndpoints
{
    private static readonly NumberField Threshold = NumberField.Threshold with { Nullable = true };

    public static void MapContainers(this RouteGroupBuilder api)
    {
        var containers = api.MapGroup("/containers").WithTags("Containers");

        containers.MapGet("/", GetAll)
            .Describe("GetContainers", "All hosts with their containers",
                "Every container that the hosts know, with its status. Changes that hosts have told of are fetched first.")
            .Replies(Examples.Hosts);

        var host = containers.MapGroup("/{address}").Fails(ProblemType.AddressMalformed, ProblemType.HostUnknown);

        host.MapGet("/", GetHost)
            .Describe("GetHostContainers", "One host with its containers",
                "The containers of one host. Of an offline host the last that was known is shown.")
            .Replies(Examples.Host);

        var container = host.MapGroup("/{container}")
            .Fails(ProblemType.ContainerMalformed, ProblemType.ContainerAmbiguous, ProblemType.ContainerNotFound);

        container.MapGet("/", Get)
            .Describe("GetContainer", "One container", "One container, named by its id, a prefix of the id that fits only one, or its name.")
            .Replies(Examples.Container);

        container.MapGet("/explanation", Explain)
            .Describe("ExplainContainer", "Why a container is in its state",
                "The facts that are known, the rule that led from them to the state, what holds for the container and where that comes from, and what happens next. Its host itself is asked.")
            .Fails(ProblemType.HostUnavailable)
            .Replies(Examples.Explanation);

        container.MapPut("/", Supervise)
            .Describe("SuperviseContainer", "Put a container (back) under supervision",
                "Takes the container off the ignored list. Earlier failures are forgiven, and it is started if it is stopped. Idempotent.")
            .Fails(ProblemType.HostUnavailable)
            .Replies(Examples.Container);

        container.MapDelete("/", Ignore)
            .Describe("IgnoreContainer", "Put a container on the ignored list",
                "The container is left alone from now on, also after a restart of the node; it goes on running. Idempotent.")
            .Fails(ProblemType.HostUnavailable)
            .Replies(Examples.Ignored);

        container.MapPost("/restart", Restart)
            .Describe("RestartContainer", "Restart a container now",
                "Restarts it, or starts it when it is stopped, without waiting for a fault or the end of a back-off; out of quarantine too. The reply does not wait for the engine: the container is shown as restarting. One that is being restarted already is not restarted again.")
            .Fails(ProblemType.HostUnavailable, ProblemType.RestartRefused)
            .Replies(Examples.Restarting);

        container.MapPost("/", SetThreshold)
            .Describe("SetContainerThreshold", "Set the threshold of one container",
                "Packet loss in percent above which the container is restarted. null removes it: its label, the host or the fleet decides again.")
            .Fails(ProblemType.HostUnavailable)
            .Takes<OwnThresholdRequest>(Examples.ThresholdRequest)
            .Replies(Examples.Container);
    }

    private static async Task<Ok<IEnumerable<HostReply>>> GetAll(FleetCalls fleet, CancellationToken cancellationToken)
    {
        var hosts = await fleet.Read((controller, token) => controller.GetHosts(token), cancellationToken);
        return TypedResults.Ok(hosts.Select(HostReply.From));
    }

    private static async Task<Results<Ok<HostReply>, ProblemHttpResult>> GetHost(
        string address, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        return host is null ? problem! : TypedResults.Ok(HostReply.From(host));
    }

    private static async Task<Results<Ok<ContainerView>, ProblemHttpResult>> Get(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var (found, problem) = await ContainerLookup.Find(address, container, fleet, cancellationToken);
        return found is null ? problem! : TypedResults.Ok(found);
    }

    private static async Task<Results<Ok<ContainerExplanation>, ProblemHttpResult>> Explain(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (ContainerProblems.IsMalformed(container))
        {
            return ContainerProblems.Malformed(container);
        }
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        if (host is null)
        {
            return problem!;
        }
        return await fleet.Ask(host, (grain, token) => grain.Explain(container, token), cancellationToken) switch
        {
            { Explanation: { } explanation } => TypedResults.Ok(explanation),
            { Matches: { IsDefaultOrEmpty: false } matches } => ContainerProblems.Ambiguous(host.Address, container, matches),
            _ => ContainerProblems.NotFound(host.Address, container),
        };
    }

    private static Task<Results<Applied<ContainerView>, ProblemHttpResult>> Supervise(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken) =>
        Command(address, container, (host, token) => host.Supervise(container, token), fleet, cancellationToken);

    private static Task<Results<Applied<ContainerView>, ProblemHttpResult>> Ignore(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken) =>
        Command(address, container, (host, token) => host.Ignore(container, token), fleet, cancellationToken);

    private static Task<Results<Applied<ContainerView>, ProblemHttpResult>> Restart(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken) =>
        Command(address, container, (host, token) => host.Restart(container, token), fleet, cancellationToken);

    private static async Task<Results<Applied<ContainerView>, ProblemHttpResult>> SetThreshold(
        string address, string container, HttpRequest request, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, cancellationToken, Threshold);
        return body.Problem is null
            ? await Command(
                address, container, (host, token) => host.SetThreshold(container, body[Threshold], token), fleet, cancellationToken)
            : body.Problem;
    }

    private static async Task<Results<Applied<ContainerView>, ProblemHttpResult>> Command(
        string address, string container, Func<IHostManagerGrain, CancellationToken, Task<ContainerCommandResult>> command,
        FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (ContainerProblems.IsMalformed(container))
        {
            return ContainerProblems.Malformed(container);
        }
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        if (host is null)
        {
            return problem!;
        }
        return await fleet.Ask(host, command, cancellationToken) switch
        {
            { Refusal: { } refusal } => ContainerProblems.NotRestarted(host.Address, refusal),
            { View: { } view } => new Applied<ContainerView>(view, await fleet.WhenSaved(host.Address, cancellationToken)),
            { Matches: { IsDefaultOrEmpty: false } matches } => ContainerProblems.Ambiguous(host.Address, container, matches),
            _ => ContainerProblems.NotFound(host.Address, container),
        };
    }
}
