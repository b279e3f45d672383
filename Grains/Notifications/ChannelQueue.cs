namespace HmsOrleans.Grains.Notifications;

/// <summary>When a channel may try to deliver next. Used from one grain's turns only.</summary>
internal sealed class ChannelQueue(ChannelInfo channel)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(10);

    private TimeSpan _pause = FirstPause;

    public ChannelInfo Channel => channel;

    /// <summary>The delivery that is under way, or was the last.</summary>
    public Task Delivering { get; set; } = Task.CompletedTask;

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public string? Trouble { get; private set; }

    public DateTimeOffset? TroubleSince { get; private set; }

    /// <summary>Before it, nothing is tried; null while all goes well.</summary>
    public DateTimeOffset? NextAttempt { get; private set; }

    public bool IsIdle(DateTimeOffset now) => Delivering.IsCompleted && !(NextAttempt > now);

    public void Succeeded() => (Trouble, TroubleSince, NextAttempt, _pause) = (null, null, null, FirstPause);

    /// <summary>It is tried again after a pause that grows with each failure.</summary>
    public void Failed(Delivery delivery, DateTimeOffset now)
    {
        (Trouble, TroubleSince) = (delivery.Trouble, TroubleSince ?? now);
        var pause = delivery.RetryAfter is { } asked && asked > _pause ? asked : _pause;
        NextAttempt = now + (pause < MaxPause ? pause : MaxPause);
        _pause = _pause * 2 < MaxPause ? _pause * 2 : MaxPause;
    }

    /// <summary>The message is not tried again, the next one at once.</summary>
    public void Refused(Delivery delivery, DateTimeOffset now) => (Trouble, TroubleSince, NextAttempt, _pause) = (delivery.Trouble, TroubleSince ?? now, null, FirstPause);
}
