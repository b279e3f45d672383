using System.Collections.Immutable;
using System.Security.Cryptography;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Notifications;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Notifications;

/// <summary>Notifications: how the channels are, muting, maintenance windows, and a test.</summary>
internal static class NotificationEndpoints
{
    public static void MapNotifications(this RouteGroupBuilder api)
    {
        var notifications = api.MapGroup("/notifications").WithTags("Notifications");

        notifications.MapGet("/", GetAll)
            .Describe("GetNotifications", "Channels, mutes and maintenance windows",
                "How each channel is: what it has still to deliver, when it last did, and why it does not. Of which containers nothing is told, and when nothing is told at all.")
            .Replies(Examples.Notifications);

        var mute = notifications.MapGroup("/mutes/{address}/{container}").Fails(ProblemType.AddressMalformed, ProblemType.ContainerMalformed);

        mute.MapPut("/", Mute)
            .Describe("MuteContainer", "Mute a container",
                "Nothing is told of the container, for good or until a time; what is still broken then is told then. It is supervised as before. Named by its name, the mute holds for whoever has the name next, too. The body may be left out. Idempotent.")
            .Takes<MuteRequest>(Examples.MuteRequest, isOptional: true).Fails(ProblemType.HostUnknown, ProblemType.ContainerNotFound, ProblemType.ContainerAmbiguous)
            .Replies(Examples.Notifications);

        mute.MapDelete("/", Unmute)
            .Describe("UnmuteContainer", "End the mute of a container", "What is broken now is told, too. Idempotent.")
            .Replies(Examples.Notifications);

        notifications.MapPost("/maintenance", AddWindow)
            .Describe("AddMaintenance", "Add a maintenance window",
                "Nothing is told in it, of one host or of all; what is still broken at its end is told then. Containers are healed as before.")
            .Takes<MaintenanceRequest>(Examples.MaintenanceRequest).Fails(ProblemType.HostUnknown)
            .Replies(Examples.Maintenance);

        notifications.MapDelete("/maintenance/{window}", RemoveWindow)
            .Describe("RemoveMaintenance", "End a maintenance window", "Removes a window, whether it is under way or to come. What is broken now is told.")
            .Fails(ProblemType.WindowNotFound)
            .Replies(Examples.Notifications);

        notifications.MapPost("/test", Test)
            .Describe("TestNotifications", "Send a test message", "Sends a message by all channels, or by one, and says for each whether the receiver took it. It is tried once, for three seconds.")
            .Fails(ProblemType.ChannelNotFound)
            .Replies(Examples.ChannelTests);
    }

    private static async Task<Ok<NotificationView>> GetAll(FleetCalls fleet, CancellationToken cancellationToken) =>
        TypedResults.Ok(await fleet.AskNotifications((grain, token) => grain.GetView(token), cancellationToken));

    private static async Task<Results<Applied<NotificationView>, ProblemHttpResult>> Mute(
        string address, string container, HttpRequest request, FleetCalls fleet, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, [MuteRequest.UntilField], """{"until": "2026-01-02T20:00:00Z"}""", isOptional: true, cancellationToken);
        if (body.Problem is not null)
        {
            return body.Problem;
        }
        var until = TextField.ToTime(body[MuteRequest.UntilField]);
        if (until <= time.GetUtcNow())
        {
            return Past(MuteRequest.UntilField);
        }
        if (ContainerProblems.IsMalformed(container))
        {
            return ContainerProblems.Malformed(container);
        }
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        if (host is null)
        {
            return problem!;
        }
        switch (ContainerName.Resolve(host.Containers, container))
        {
            case { Container: { } found }:
                // Who names it by its id means this one, who names it by its name whoever has it.
                var mute = new Mute(host.Address, found.Name == container ? found.Name : found.Id, until);
                return await Changed((grain, token) => grain.Mute(mute, token), fleet, cancellationToken);
            case { Kind: ContainerMatchKind.Ambiguous, Matches: var matches }:
                return ContainerProblems.Ambiguous(host.Address, container, matches);
            default:
                return ContainerProblems.NotFound(host.Address, container);
        }
    }

    /// <remarks>Neither the host nor the container need be there any more.</remarks>
    private static async Task<Results<Applied<NotificationView>, ProblemHttpResult>> Unmute(
        string address, string container, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (HostAddress.Parse(address) is not { } parsed)
        {
            return HostLookup.Malformed(address);
        }
        if (ContainerProblems.IsMalformed(container))
        {
            return ContainerProblems.Malformed(container);
        }
        var host = await fleet.Read((controller, token) => controller.GetHost(parsed, token), cancellationToken);
        ImmutableArray<string> names = host is not null && ContainerName.Resolve(host.Containers, container).Container is { } found ? [container, found.Name, found.Id] : [container];
        return await Changed((grain, token) => grain.Unmute(parsed, names, token), fleet, cancellationToken);
    }

    private static async Task<Results<Applied<MaintenanceWindow>, ProblemHttpResult>> AddWindow(
        HttpRequest request, FleetCalls fleet, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(
            request, [MaintenanceRequest.UntilField, MaintenanceRequest.FromField, MaintenanceRequest.HostField], """{"until": "2026-01-02T14:00:00Z"}""", isOptional: false, cancellationToken);
        if (body.Problem is not null)
        {
            return body.Problem;
        }
        var from = TextField.ToTime(body[MaintenanceRequest.FromField]) ?? time.GetUtcNow();
        var until = TextField.ToTime(body[MaintenanceRequest.UntilField])!.Value;
        if (until <= time.GetUtcNow())
        {
            return Past(MaintenanceRequest.UntilField);
        }
        if (until <= from || until - from > MaintenanceRequest.MaxLength)
        {
            return ProblemType.FieldInvalid.With(
                $"'until' has to be after 'from', and at most {MaintenanceRequest.MaxLength.TotalDays:0} days after it.", ("field", MaintenanceRequest.UntilField.Name));
        }
        string? address = null;
        if (body[MaintenanceRequest.HostField] is { } given)
        {
            var (host, problem) = await HostLookup.Find(given, fleet, cancellationToken);
            if (host is null)
            {
                return problem!;
            }
            address = host.Address;
        }
        var window = new MaintenanceWindow(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), address, from, until);
        await fleet.AskNotifications((grain, token) => grain.AddWindow(window, token), cancellationToken);
        return new Applied<MaintenanceWindow>(window, await fleet.WhenNotificationsSaved(cancellationToken));
    }

    private static async Task<Results<Applied<NotificationView>, ProblemHttpResult>> RemoveWindow(string window, FleetCalls fleet, CancellationToken cancellationToken) =>
        await fleet.AskNotifications((grain, token) => grain.RemoveWindow(window, token), cancellationToken) is { } view
            ? new Applied<NotificationView>(view, await fleet.WhenNotificationsSaved(cancellationToken))
            : ProblemType.WindowNotFound.With($"No maintenance window has the id {Shorten(window)}. GET /notifications lists those that are under way or to come.");

    private static async Task<Results<Ok<ImmutableArray<ChannelTest>>, ProblemHttpResult>> Test(string? channel, FleetCalls fleet, CancellationToken cancellationToken) =>
        await fleet.AskNotifications((grain, token) => grain.Test(channel, token), cancellationToken) is { IsEmpty: false } tests
            ? TypedResults.Ok(tests)
            : ProblemType.ChannelNotFound.With(channel is null
                ? "No channel is configured: set Hms:Notifications:Channels:0:Name, :Type and :Url on the nodes."
                : $"No channel is called '{Shorten(channel)}'. GET /notifications lists those that are configured (Hms:Notifications:Channels).");

    private static async Task<Applied<NotificationView>> Changed(
        Func<INotificationGrain, CancellationToken, Task<NotificationView>> change, FleetCalls fleet, CancellationToken cancellationToken)
    {
        var view = await fleet.AskNotifications(change, cancellationToken);
        return new(view, await fleet.WhenNotificationsSaved(cancellationToken));
    }

    private static ProblemHttpResult Past(TextField field) => ProblemType.FieldInvalid.With($"'{field.Name}' is in the past.", ("field", field.Name));

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
