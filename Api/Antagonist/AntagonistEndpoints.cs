using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Security;
using HmsOrleans.Grains.Antagonist;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Antagonist;

/// <summary>The antagonist: starting, configuring and stopping it, on all hosts or on one.</summary>
internal static class AntagonistEndpoints
{
    public static void MapAntagonist(this RouteGroupBuilder api)
    {
        var fleet = api.MapGroup("/test").WithTags("Antagonist");

        fleet.MapGet("/", GetAll)
            .Describe("GetTests", "What the antagonists do", "The antagonist of each host: whether it attacks, how, and which faults it has caused and not undone.")
            .Replies(Examples.Antagonists);

        fleet.MapPut("/", StartAll)
            .Describe("StartTests", "Start the antagonists",
                "Attacks the containers of all hosts that have an agent, until it is stopped. The body may change the scenario, and may be left out. Containers that are ignored or have the label hms.chaos=deny are left alone. Needs the role chaos. Idempotent.")
            .Takes<ScenarioRequest>(Examples.Scenario, isOptional: true).Fails(ProblemType.AgentMissing).WithMetadata(new ForChaos())
            .Replies(Examples.Antagonists);

        fleet.MapPost("/", ConfigureAll)
            .Describe("ConfigureTests", "Configure the antagonists", "Changes the scenario on all hosts that have an agent, whether they attack or not; what is left out stays as it is. Needs the role chaos.")
            .Takes<ScenarioRequest>(Examples.Scenario).Fails(ProblemType.AgentMissing).WithMetadata(new ForChaos())
            .Replies(Examples.Antagonists);

        fleet.MapDelete("/", HaltAll)
            .Describe("StopTests", "Stop the antagonists", "Ends all attacks and undoes what they have done; answers when that is so, or after two seconds. Idempotent.")
            .Fails(ProblemType.AgentMissing)
            .Replies(Examples.Antagonists);

        var host = fleet.MapGroup("/{address}").Fails(ProblemType.AddressMalformed, ProblemType.HostUnknown, ProblemType.HostUnavailable);

        host.MapGet("/", Get)
            .Describe("GetTest", "What the antagonist of a host does", "Whether it attacks, how, and which faults it has caused and not undone.")
            .Replies(Examples.Antagonist);

        host.MapPut("/", Start)
            .Describe("StartTest", "Start the antagonist of a host", "As PUT /test, on one host. Needs the role chaos. Idempotent.")
            .Takes<ScenarioRequest>(Examples.Scenario, isOptional: true).Fails(ProblemType.AgentMissing).WithMetadata(new ForChaos())
            .Replies(Examples.Antagonist);

        host.MapPost("/", Configure)
            .Describe("ConfigureTest", "Configure the antagonist of a host", "As POST /test, on one host. Needs the role chaos.")
            .Takes<ScenarioRequest>(Examples.Scenario).Fails(ProblemType.AgentMissing).WithMetadata(new ForChaos())
            .Replies(Examples.Antagonist);

        host.MapDelete("/", Halt)
            .Describe("StopTest", "Stop the antagonist of a host", "As DELETE /test, on one host. Idempotent.")
            .Fails(ProblemType.AgentMissing)
            .Replies(Examples.Antagonist);
    }

    private static async Task<Ok<IReadOnlyList<AntagonistReply>>> GetAll(AntagonistCalls antagonists, CancellationToken cancellationToken) =>
        TypedResults.Ok(await antagonists.AskAll((grain, token) => grain.GetView(token), cancellationToken));

    private static async Task<Results<Ok<IReadOnlyList<AntagonistReply>>, ProblemHttpResult>> StartAll(
        HttpRequest request, AntagonistCalls antagonists, CancellationToken cancellationToken)
    {
        var (body, change) = await ScenarioRequest.Read(request, isOptional: true, cancellationToken);
        return body.Problem is not null ? body.Problem
            : TypedResults.Ok(await antagonists.CommandAll((grain, token) => grain.Start(change, token), cancellationToken));
    }

    private static async Task<Results<Ok<IReadOnlyList<AntagonistReply>>, ProblemHttpResult>> ConfigureAll(
        HttpRequest request, AntagonistCalls antagonists, CancellationToken cancellationToken)
    {
        var (body, change) = await ScenarioRequest.Read(request, isOptional: false, cancellationToken);
        return body.Problem is not null ? body.Problem
            : TypedResults.Ok(await antagonists.CommandAll((grain, token) => grain.Configure(change, token), cancellationToken));
    }

    private static async Task<Ok<IReadOnlyList<AntagonistReply>>> HaltAll(AntagonistCalls antagonists, CancellationToken cancellationToken) =>
        TypedResults.Ok(await antagonists.CommandAll((grain, token) => grain.Halt(token), cancellationToken));

    private static Task<Results<Ok<AntagonistReply>, ProblemHttpResult>> Get(
        string address, FleetCalls fleet, AntagonistCalls antagonists, CancellationToken cancellationToken) =>
        On(address, (grain, token) => grain.GetView(token), fleet, antagonists, cancellationToken);

    private static async Task<Results<Ok<AntagonistReply>, ProblemHttpResult>> Start(
        string address, HttpRequest request, FleetCalls fleet, AntagonistCalls antagonists, CancellationToken cancellationToken)
    {
        var (body, change) = await ScenarioRequest.Read(request, isOptional: true, cancellationToken);
        return body.Problem is not null ? body.Problem
            : await On(address, (grain, token) => grain.Start(change, token), fleet, antagonists, cancellationToken);
    }

    private static async Task<Results<Ok<AntagonistReply>, ProblemHttpResult>> Configure(
        string address, HttpRequest request, FleetCalls fleet, AntagonistCalls antagonists, CancellationToken cancellationToken)
    {
        var (body, change) = await ScenarioRequest.Read(request, isOptional: false, cancellationToken);
        return body.Problem is not null ? body.Problem
            : await On(address, (grain, token) => grain.Configure(change, token), fleet, antagonists, cancellationToken);
    }

    private static Task<Results<Ok<AntagonistReply>, ProblemHttpResult>> Halt(
        string address, FleetCalls fleet, AntagonistCalls antagonists, CancellationToken cancellationToken) =>
        On(address, (grain, token) => grain.Halt(token), fleet, antagonists, cancellationToken);

    private static async Task<Results<Ok<AntagonistReply>, ProblemHttpResult>> On(
        string address, Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call,
        FleetCalls fleet, AntagonistCalls antagonists, CancellationToken cancellationToken)
    {
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        return host is null ? problem! : TypedResults.Ok(await antagonists.Ask(host, call, cancellationToken));
    }
}
