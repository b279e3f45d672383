using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Grains.Fleet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Settings;

/// <summary>What holds for the whole fleet.</summary>
internal static class SettingsEndpoints
{
    private static readonly NumberField OptionalThreshold = NumberField.Threshold with { Optional = true };

    private static readonly NumberField OptionalWindow = NumberField.AggregationWindow with { Optional = true };

    public static void MapSettings(this RouteGroupBuilder api)
    {
        var settings = api.MapGroup("").WithTags("Settings");

        settings.MapPost("/containers", SetThreshold)
            .Describe("SetFleetThreshold", "Set the threshold on all hosts",
                "Packet loss in percent above which containers are restarted, on every host. It overrides what was set for single hosts, not what was set for single containers. A host that cannot be reached applies it when it is back.")
            .Takes<FleetThresholdRequest>(Examples.ThresholdRequest)
            .Replies(Examples.FleetThreshold);

        settings.MapGet("/settings", GetSettings)
            .Describe("GetSettings", "The fleet's settings", "What holds for all hosts.")
            .Replies(Examples.Settings);

        settings.MapPost("/settings", ChangeSettings)
            .Describe("ChangeSettings", "Change the fleet's settings",
                "Changes the threshold, the aggregation window or both; what is left out stays as it is. heartbeat and offlineAfter are read-only: they come from the configuration.")
            .Takes<SettingsRequest>(Examples.SettingsRequest)
            .Replies(Examples.Settings);
    }

    private static async Task<Results<Applied<FleetThresholdReply>, ProblemHttpResult>> SetThreshold(
        HttpRequest request, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, cancellationToken, NumberField.Threshold);
        if (body.Problem is not null)
        {
            return body.Problem;
        }
        var change = await Change(body[NumberField.Threshold], null, fleet, cancellationToken);
        return new Applied<FleetThresholdReply>(FleetThresholdReply.From(change), await fleet.WhenSaved(cancellationToken));
    }

    private static async Task<Ok<SettingsReply>> GetSettings(FleetCalls fleet, CancellationToken cancellationToken) =>
        TypedResults.Ok(SettingsReply.From(await fleet.Read((controller, token) => controller.GetSettings(token), cancellationToken)));

    private static async Task<Results<Applied<SettingsReply>, ProblemHttpResult>> ChangeSettings(
        HttpRequest request, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, cancellationToken, OptionalThreshold, OptionalWindow);
        if (body.Problem is not null)
        {
            return body.Problem;
        }
        TimeSpan? window = body[OptionalWindow] is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var change = await Change(body[OptionalThreshold], window, fleet, cancellationToken);
        return new Applied<SettingsReply>(SettingsReply.From(change.Settings), await fleet.WhenSaved(cancellationToken));
    }

    private static Task<FleetChange> Change(double? threshold, TimeSpan? window, FleetCalls fleet, CancellationToken cancellationToken) =>
        fleet.Change((controller, token) => controller.Change(threshold, window, token), cancellationToken);
}
