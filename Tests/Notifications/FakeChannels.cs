using System.Collections.Concurrent;
using System.Collections.Immutable;
using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Tests.Notifications;

/// <summary>Two channels that take what they are given, until they are told otherwise.</summary>
internal sealed class FakeChannels : INotificationChannels
{
    public const string One = "one";
    public const string Other = "other";

    private readonly ConcurrentQueue<(string Channel, Notice Notice)> _taken = new();

    public ImmutableArray<ChannelInfo> All { get; } = [new(One, "fake"), new(Other, "fake")];

    /// <summary>What a channel does instead.</summary>
    public ConcurrentDictionary<string, Func<CancellationToken, Task<Delivery>>> Instead { get; } = new();

    /// <summary>What a channel has delivered, in order.</summary>
    public IReadOnlyList<Notice> Taken(string channel) => [.. _taken.Where(one => one.Channel == channel).Select(one => one.Notice)];

    public async Task<Delivery> DeliverAsync(string channel, Notice notice, CancellationToken cancellationToken)
    {
        var delivery = Instead.TryGetValue(channel, out var instead) ? await instead(cancellationToken) : Delivery.Done;
        if (delivery.Trouble is null)
        {
            _taken.Enqueue((channel, notice));
        }
        return delivery;
    }

    /// <summary>It does not answer, until it is given up.</summary>
    public static async Task<Delivery> Hang(CancellationToken cancellationToken)
    {
        var given = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(given.SetResult);
        await given.Task;
        return new("no answer");
    }
}
