using System.Collections.Concurrent;
using HmsOrleans.Grains.Commands;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace HmsOrleans.Tests.Commands;

/// <summary>Takes the answers where their stream is in memory.</summary>
[Alias("hms.tests.IRepliesGrain")]
public interface IRepliesGrain : IGrainWithStringKey;

/// <summary>The answers so far.</summary>
internal sealed class RepliesTaken : ConcurrentQueue<CommandReply>;

[ImplicitStreamSubscription(CommandStreams.Replies)]
internal sealed class RepliesGrain(RepliesTaken taken) : Grain, IRepliesGrain, IStreamSubscriptionObserver, IAsyncObserver<CommandReply>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<CommandReply>().ResumeAsync(this);

    public Task OnNextAsync(CommandReply item, StreamSequenceToken? token = null)
    {
        taken.Enqueue(item);
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
