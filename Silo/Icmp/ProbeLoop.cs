using System.Runtime.InteropServices;

namespace HmsOrleans.Silo.Icmp;

/// <summary>Carries out the plan: one turn receives, decides, sends, and receives again.</summary>
internal sealed class ProbeLoop(ProbePlan plan, TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly EchoReply[] _replies = new EchoReply[128];
    private readonly List<EchoRequest> _v4Requests = [];
    private readonly List<EchoRequest> _v6Requests = [];

    /// <summary>The sockets; null where the family is not to be had.</summary>
    internal IEchoSocket? V4 { get; set; }

    internal IEchoSocket? V6 { get; set; }

    /// <summary>When now is.</summary>
    internal Moment Now => new(time.GetElapsedTime(_origin), time.GetUtcNow());

    /// <returns>When the next turn is due; null: when something is watched.</returns>
    internal TimeSpan? Turn()
    {
        // First the clock, then the socket: whatever was answered by then is seen before anything is given up for lost.
        var now = Now;
        Receive();
        plan.Begin(now);
        Send();
        if (plan.Waiting)
        {
            // Containers of this host answer while the packet is being sent, so this is mostly all of it.
            Receive();
        }
        return plan.End(Now);
    }

    private void Receive()
    {
        Receive(V4);
        Receive(V6);
    }

    private void Receive(IEchoSocket? socket)
    {
        var more = socket is not null;
        while (more)
        {
            more = socket!.Receive(_replies, out var received);
            if (received == 0)
            {
                continue;
            }
            var now = Now;
            foreach (var reply in _replies.AsSpan(0, received))
            {
                plan.Answered(reply.Sequence, reply.From, ReceivedAt(reply, now), now);
            }
        }
    }

    private static TimeSpan ReceivedAt(EchoReply reply, Moment now)
        => reply.ReceivedAt is { } wall && wall <= now.Wall ? now.Up - (now.Wall - wall) : now.Up;

    private void Send()
    {
        _v4Requests.Clear();
        _v6Requests.Clear();
        foreach (var request in plan.Requests)
        {
            (request.To.IsV4 ? _v4Requests : _v6Requests).Add(request);
        }
        Send(V4, CollectionsMarshal.AsSpan(_v4Requests));
        Send(V6, CollectionsMarshal.AsSpan(_v6Requests));
    }

    private void Send(IEchoSocket? socket, ReadOnlySpan<EchoRequest> requests)
    {
        while (!requests.IsEmpty)
        {
            var before = Now;
            var error = Libc.Errors.FamilyNotSupported;
            var sent = socket?.Send(requests, out error) ?? 0;
            var after = Now;
            for (var i = 0; i < sent; i++)
            {
                plan.Sent(requests[i].Sequence, before.Up + ((after.Up - before.Up) * i / sent), after.Up);
            }
            if (sent == 0)
            {
                var refused = requests[0].Sequence;
                if (error is Libc.Errors.TryAgain or Libc.Errors.NoBuffers)
                {
                    plan.Postponed(refused, after);
                }
                else
                {
                    plan.Failed(refused, error, after);
                }
                sent = 1;
            }
            requests = requests[sent..];
        }
    }
}
