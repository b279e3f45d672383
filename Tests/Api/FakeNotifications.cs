using System.Collections.Immutable;
using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Tests.Api;

/// <summary>What tells people, in memory.</summary>
internal sealed class FakeNotifications : INotificationGrain
{
    /// <summary>Passed by every call.</summary>
    public Fault Gate { get; set; } = Faults.None;

    /// <summary>Why changes are not saved.</summary>
    public string? UnsavedBecause { get; set; }

    public NotificationView View { get; set; } = new(
        [new("night-watch", "ntfy", 0, 0, Samples.Noon, null, null, null), new("chat", "slack", 2, 1, null, "hooks.slack.com answers 503 ServiceUnavailable", Samples.Noon, Samples.Noon.AddSeconds(4))], [], []);

    public Task Wake(CancellationToken cancellationToken) => Gate(cancellationToken);

    public async Task<NotificationView> GetView(CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return View;
    }

    public Task<NotificationView> Mute(Mute mute, CancellationToken cancellationToken) => Change(View with { Mutes = View.Mutes.Add(mute) }, cancellationToken);

    public Task<NotificationView> Unmute(string host, ImmutableArray<string> containers, CancellationToken cancellationToken) =>
        Change(View with { Mutes = View.Mutes.RemoveAll(mute => mute.Host == host && containers.Contains(mute.Container)) }, cancellationToken);

    public Task<NotificationView> AddWindow(MaintenanceWindow window, CancellationToken cancellationToken) => Change(View with { Windows = View.Windows.Add(window) }, cancellationToken);

    public async Task<NotificationView?> RemoveWindow(string id, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return View.Windows.Any(window => window.Id == id) ? await Change(View with { Windows = View.Windows.RemoveAll(window => window.Id == id) }, cancellationToken) : null;
    }

    public async Task<ImmutableArray<ChannelTest>> Test(string? channel, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return [.. View.Channels.Where(known => channel is null || known.Name == channel).Select(known => new ChannelTest(known.Name, known.Trouble is null, known.Trouble))];
    }

    public Task<string?> WhenSaved(CancellationToken cancellationToken) => Task.FromResult(UnsavedBecause);

    private async Task<NotificationView> Change(NotificationView next, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return View = next;
    }
}
