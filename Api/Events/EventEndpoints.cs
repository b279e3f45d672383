using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Events;

/// <summary>What happens in the fleet, as it happens.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this RouteGroupBuilder api) =>
        api.MapGet("/events", Get)
            .WithTags("Events")
            .Describe("GetEvents", "What happens, as it happens",
                "Server-sent events without end. `snapshot` has all hosts as GET /containers answers them; `delta` has what changed since: `hosts` as GET /hosts lists them, "
                + "`changed` containers, and `removed` ones by host and id; `incident` has an incident as GET /incidents lists it; `gap` says that something was missed, a `snapshot` follows; "
                + "`silent` says why nothing is known at the moment, and `gap` and `snapshot` follow when that is over. Deltas come at most ten times a second, the latest state of each container in them. "
                + "Who comes back with the id of the last event that it had gets those it missed, if they are still known. One that does not read what is sent is cut off.")
            .Fails(ProblemType.ViewersTooMany)
            .Replies(Examples.Events);

    private static EventStream Get(
        FleetFeed feed, IOptions<ApiOptions> options,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventIdHeader, [FromQuery] string? lastEventId) =>
        new(feed, options.Value.MaxViewers, lastEventIdHeader ?? lastEventId);
}
