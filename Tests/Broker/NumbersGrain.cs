using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace HmsOrleans.Tests.Broker;

/// <summary>Takes the numbers of a stream.</summary>
[Alias("hms.tests.INumbersGrain")]
public interface INumbersGrain : IGrainWithStringKey;

/// <summary>What grains have taken, by the key of the stream.</summary>
internal sealed class NumbersTaken : ConcurrentDictionary<string, ConcurrentQueue<int>>;

[ImplicitStreamSubscription(Namespace)]
internal sealed class NumbersGrain(NumbersTaken taken) : Grain, INumbersGrain, IStreamSubscriptionObserver, IAsyncObserver<int>
{
    public const string Namespace = "tests.numbers";

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<int>().ResumeAsync(this);

    public Task OnNextAsync(int item, StreamSequenceToken? token = null)
    {
        taken.GetOrAdd(this.GetPrimaryKeyString(), _ => new()).Enqueue(item);
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
