using System.Threading.Channels;

namespace HmsOrleans.Api.Events;

/// <summary>One who follows the events. What it has not taken yet waits in a queue with a bound; one that does not keep up is cut off, and may come back.</summary>
/// <param name="cutOff">Closes its connection, although it does not take what was sent.</param>
internal sealed class Viewer(Action cutOff)
{
    /// <summary>At ten events a second nearly a minute.</summary>
    public const int MaxCount = 500;

    /// <summary>Of all events that wait, but for one snapshot, which is as large as the fleet. A single event may be larger, too.</summary>
    public const int MaxBytes = 2 << 20;

    private readonly Channel<FleetEvent> _waiting = Channel.CreateBounded<FleetEvent>(new BoundedChannelOptions(MaxCount) { SingleReader = true });
    private long _bytes;
    private int _snapshots;

    /// <summary>It has seen nothing yet, here or elsewhere, or knows that it is old: its first snapshot follows on no gap.</summary>
    public bool IsNew { get; set; }

    /// <summary>Bytes that wait for it. They are shared with the other viewers.</summary>
    public long WaitingBytes => Interlocked.Read(ref _bytes);

    /// <summary>Puts an event into its queue.</summary>
    /// <returns>False when there is no room: it is to be cut off.</returns>
    public bool Give(FleetEvent happened)
    {
        var keepsUp = happened.Kind == FleetEvent.Snapshot
            ? Interlocked.Increment(ref _snapshots) == 1
            : Interlocked.Add(ref _bytes, happened.Bytes.Length) is var bytes && (bytes <= MaxBytes || bytes == happened.Bytes.Length);
        return keepsUp && _waiting.Writer.TryWrite(happened);
    }

    public void CutOff()
    {
        End();
        cutOff();
    }

    /// <summary>Nothing more comes.</summary>
    public void End() => _waiting.Writer.TryComplete();

    /// <summary>Hands every event to <paramref name="send"/>, one after another, until the end.</summary>
    public async Task Follow(Func<FleetEvent, ValueTask> send, CancellationToken cancellationToken)
    {
        await foreach (var happened in _waiting.Reader.ReadAllAsync(cancellationToken))
        {
            await send(happened);
            // Only now: what is being sent to one that does not read waits, too.
            if (happened.Kind == FleetEvent.Snapshot)
            {
                Interlocked.Decrement(ref _snapshots);
            }
            else
            {
                Interlocked.Add(ref _bytes, -happened.Bytes.Length);
            }
        }
    }
}
