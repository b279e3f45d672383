using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Incidents;

/// <summary>What went wrong, what was done about it, and how available containers were.</summary>
internal static class IncidentEndpoints
{
    private static readonly string[] Windows = ["1h", "24h", "7d", "30d"];

    public static void MapIncidents(this RouteGroupBuilder api)
    {
        var incidents = api.MapGroup("/incidents").WithTags("History").Fails(ProblemType.HistoryUnavailable);

        incidents.MapGet("/", GetAll)
            .Describe("GetIncidents", "Incidents, newest first",
                "What went wrong with containers and hosts, from the first fault until they stayed well, and what was done about it. `cause` and `outcome` may be given several times. "
                + "`from` and `to` choose those that lasted in that time. `next` of the reply is the `before` of the next page.")
            .Fails(ProblemType.ParameterInvalid, ProblemType.AddressMalformed, ProblemType.ContainerMalformed)
            .Replies(Examples.Incidents);

        incidents.MapGet("/{id}", Get)
            .Describe("GetIncident", "One incident", "An incident with what was captured before the last restart, or when the container was given up: the last lines of the container's output, what its health check said, how it ended, and its memory.")
            .Fails(ProblemType.IncidentNotFound)
            .Replies(Examples.Incident);

        api.MapGet("/hosts/{address}/availability", GetOfHost)
            .WithTags("History")
            .Describe("GetHostAvailability", "Availability of a host's containers",
                "How available the containers of a host were, taken together: of the time in which they were watched under supervision, the share in which they were not down. Incidents of the host itself count among its incidents.")
            .Fails(ProblemType.AddressMalformed, ProblemType.HostUnknown, ProblemType.HistoryUnavailable)
            .Replies(Examples.Availability);

        api.MapGet("/hosts/{address}/watched", GetWatched)
            .WithTags("History")
            .Describe("GetHostWatched", "When a host's containers were watched",
                "The times of the last hour in which each container was watched under supervision, also by an earlier run of the node; nobody knows how a container was between them. In no order; a time that goes on ends now.")
            .Fails(ProblemType.AddressMalformed, ProblemType.HostUnknown, ProblemType.HistoryUnavailable)
            .Replies(Examples.Watched);

        var container = api.MapGroup("/containers/{address}/{container}").WithTags("History")
            .Fails(ProblemType.AddressMalformed, ProblemType.HostUnknown, ProblemType.ContainerMalformed, ProblemType.ContainerAmbiguous, ProblemType.ContainerNotFound, ProblemType.HistoryUnavailable);

        container.MapGet("/availability", GetOfContainer)
            .Describe("GetContainerAvailability", "Availability of a container",
                "How available the containers of that name were: of the time in which they were watched under supervision, the share in which they were not down.")
            .Replies(Examples.Availability);

        var badge = container.MapGet("/badge.svg", GetBadge)
            .Describe("GetContainerBadge", "A badge",
                "The container's name and state as a small picture; with `window` its availability in that time instead. With `Hms:Api:PublicBadges` it needs no key, and pages of other sites may show it.")
            .Fails(ProblemType.ParameterInvalid)
            .Produces<string>(StatusCodes.Status200OK, "image/svg+xml")
            .Replies(Examples.Badge);
        if (((IEndpointRouteBuilder)api).ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value.PublicBadges)
        {
            badge.AllowAnonymous().WithMetadata(new ForOtherSites());
        }
    }

    private static async Task<Results<Ok<IncidentPageReply>, ProblemHttpResult>> GetAll(
        FleetCalls fleet, string? host, string? container, [FromQuery] string[]? cause, [FromQuery] string[]? outcome, string? from, string? to, string? before, string? limit, CancellationToken cancellationToken)
    {
        var (query, problem) = IncidentParameters.Read(host, container, cause, outcome, from, to, before, limit);
        if (query is null)
        {
            return problem!;
        }
        var page = await fleet.AskHistory((history, token) => history.Find(query, token), cancellationToken);
        return TypedResults.Ok(new IncidentPageReply([.. page.Incidents.Select(IncidentReply.From)], page.Next));
    }

    private static async Task<Results<Ok<IncidentDetailReply>, ProblemHttpResult>> Get(string id, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var incident = IncidentParameters.IsId(id) ? await fleet.AskHistory((history, token) => history.GetIncident(id, token), cancellationToken) : null;
        return incident is not null
            ? TypedResults.Ok(IncidentDetailReply.From(incident))
            : ProblemType.IncidentNotFound.With(
                $"No incident has the id {(id.Length <= 64 ? id : id[..64] + "...")}; it may have been older than Hms:History:Retention. GET /incidents lists those that are known.");
    }

    private static async Task<Results<Ok<AvailabilityReply>, ProblemHttpResult>> GetOfHost(string address, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        return host is null ? problem! : TypedResults.Ok(await Availability(fleet, host.Address, null, cancellationToken));
    }

    private static async Task<Results<Ok<WatchedReply>, ProblemHttpResult>> GetWatched(string address, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        return host is null
            ? problem!
            : TypedResults.Ok(WatchedReply.From(await fleet.AskHistory((history, token) => history.GetWatched(host.Address, token), cancellationToken)));
    }

    private static async Task<Results<Ok<AvailabilityReply>, ProblemHttpResult>> GetOfContainer(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var (found, problem) = await ContainerLookup.Find(address, container, fleet, cancellationToken);
        return found is null ? problem! : TypedResults.Ok(await Availability(fleet, found.Host, found.Name, cancellationToken));
    }

    private static async Task<IResult> GetBadge(string address, string container, string? window, FleetCalls fleet, IOptions<ApiOptions> options, HttpContext http, CancellationToken cancellationToken)
    {
        if (window is not null && !Windows.Contains(window))
        {
            return ProblemType.ParameterInvalid.With($"'window' is {(window.Length <= 64 ? window : window[..64] + "...")}; it must be one of {string.Join(", ", Windows)}.", ("parameter", "window"));
        }
        try
        {
            return await Draw(address, container, window, fleet, options.Value.PublicBadges, http, cancellationToken);
        }
        catch (NoAnswerException) when (http.User.Identity is not { IsAuthenticated: true })
        {
            // Why there is none is not said to everybody.
            return TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<IResult> Draw(string address, string container, string? window, FleetCalls fleet, bool isPublic, HttpContext http, CancellationToken cancellationToken)
    {
        var (found, problem) = await ContainerLookup.Find(address, container, fleet, cancellationToken);
        if (found is null)
        {
            // To whom it may concern: which containers there are is not said to everybody.
            return http.User.Identity is { IsAuthenticated: true } ? problem! : TypedResults.NotFound();
        }
        var badge = window is null
            ? Badge.Of(found)
            : Badge.Of(found, (await Availability(fleet, found.Host, found.Name, cancellationToken)).Windows.Single(known => known.Window == window));
        return badge with { IsPublic = isPublic };
    }

    private static async Task<AvailabilityReply> Availability(FleetCalls fleet, string host, string? container, CancellationToken cancellationToken) =>
        AvailabilityReply.From(await fleet.AskHistory((history, token) => history.GetAvailability(host, container, token), cancellationToken));
}
