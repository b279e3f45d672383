using System.Collections.Concurrent;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using Orleans.Streams;
using Xunit;

namespace HmsOrleans.Tests.Commands;

/// <summary>The grain that has commands carried out, in a real silo with streams in memory.</summary>
public sealed class CommandGrainTests : IAsyncLifetime
{
    private const string Key = "10.0.0.1";

    private readonly JournalStore _store = new();
    private readonly CountingExecutor _executor = new();
    private readonly RepliesTaken _replies = [];
    private readonly IHost _silo;

    public CommandGrainTests()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(11790, 30790);
            silo.AddMemoryStreams(CommandStreams.Provider, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<StartsUnderWay>();
            silo.Services.AddSingleton<ICommandExecutor>(_executor);
            silo.Services.AddSingleton(_replies);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, _store);
        });
        _silo = builder.Build();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _silo.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await _silo.StopAsync();
        _silo.Dispose();
    }

    [Fact]
    public async Task What_there_was_no_time_for_follows_and_the_rest_is_not_done_again()
    {
        _executor.Limits.Enqueue(2);
        var commands = Enumerable.Range(0, 5).Select(number => Change($"id-{number}", number)).ToList();

        await SendAsync([.. commands]);
        await UntilAnswersAsync(5);

        Assert.Equal(commands.Select(command => command.CorrelationId), _executor.Done);
        Assert.Equal(commands.Select(command => command.CorrelationId), _replies.Select(reply => reply.CorrelationId));
        Assert.Equal(Enumerable.Range(1, 5).Select(number => $"answer {number}"), _replies.Select(reply => reply.Body));
    }

    [Fact]
    public async Task A_store_that_fails_holds_no_answer_up_and_knows_all_when_it_works_again()
    {
        var (first, second) = (Change("first", 1), Change("second", 2));
        _store.Trouble = "disk full";
        await SendAsync(first);
        await UntilAnswersAsync(1);
        Assert.Equal(0, _store.Count);

        _store.Trouble = null;
        await SendAsync(second);
        await UntilAnswersAsync(2);
        await TestSilo.EndAsync(_silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ICommandGrain>(Key));

        // The next life knows both, and whoever asks again gets the first answer again.
        await SendAsync(Again(first), Again(second));
        await UntilAnswersAsync(4);
        Assert.Equal(["answer 1", "answer 2", "answer 1", "answer 2"], _replies.Select(reply => reply.Body));
        Assert.Equal(["first", "second"], _executor.Done);
    }

    [Fact]
    public async Task Who_asks_again_gets_the_first_answer_and_the_brokers_repetition_gets_none()
    {
        var command = Change("id", 1);
        await SendAsync(command, Again(command));
        await UntilAnswersAsync(2);
        await SendAsync(Again(command) with { Redelivered = true }, Again(command));
        await UntilAnswersAsync(3);
        await SendAsync(Change("other", 2));
        await UntilAnswersAsync(4);

        Assert.Equal(["answer 1", "answer 1", "answer 1", "answer 2"], _replies.Select(reply => reply.Body));
        Assert.Equal(["id", "other"], _executor.Done);
    }

    [Fact]
    public async Task What_the_broker_delivers_again_into_the_same_batch_is_answered_once()
    {
        var command = Change("id", 1);
        await SendAsync(command, Again(command) with { Redelivered = true }, Change("other", 2));
        await UntilAnswersAsync(2);
        await SendAsync(Change("last", 3));
        await UntilAnswersAsync(3);

        Assert.Equal(["answer 1", "answer 2", "answer 3"], _replies.Select(reply => reply.Body));
    }

    [Fact]
    public async Task Who_asks_again_from_elsewhere_is_answered_there_also_when_the_broker_repeats_that_question()
    {
        var command = Change("id", 1);
        await SendAsync(command);
        await UntilAnswersAsync(1);
        await SendAsync(Again(command) with { ReplyTo = new("", "elsewhere"), Redelivered = true });
        await UntilAnswersAsync(2);

        Assert.Equal([("reply", "answer 1"), ("elsewhere", "answer 1")], _replies.Select(reply => (reply.To.RoutingKey, reply.Body)));
    }

    [Fact]
    public async Task Another_command_with_a_taken_id_is_told_so_also_when_the_broker_repeats_it()
    {
        await SendAsync(Change("id", 1));
        await UntilAnswersAsync(1);
        await SendAsync(Change("id", 2) with { Redelivered = true });
        await UntilAnswersAsync(2);
        // Which was no answer to the first.
        await SendAsync(Change("id", 1) with { Redelivered = true }, Change("last", 3));
        await UntilAnswersAsync(3);

        Assert.Equal(["answer 1", "taken", "answer 2"], _replies.Select(reply => reply.Body));
    }

    [Fact]
    public async Task A_batch_that_comes_again_for_its_rest_has_its_repeats_answered_once_each()
    {
        _executor.Limits.Enqueue(1);
        var command = Change("id", 1);
        await SendAsync(command, Again(command), Change("rest", 2));
        await UntilAnswersAsync(3);
        await SendAsync(Change("last", 3));
        await UntilAnswersAsync(4);

        Assert.Equal(["answer 1", "answer 1", "answer 2", "answer 3"], _replies.Select(reply => reply.Body));
    }

    [Fact]
    public async Task What_was_done_while_a_save_was_under_way_is_saved_at_the_end()
    {
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        var second = Change("second", 2);
        await SendAsync(Change("first", 1));
        await UntilAnswersAsync(1);
        await SendAsync(second);
        await UntilAnswersAsync(2);
        await TestSilo.EndAsync(_silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ICommandGrain>(Key));
        gate.SetResult();

        await SendAsync(Again(second));
        await UntilAnswersAsync(3);
        Assert.Equal(["answer 1", "answer 2", "answer 2"], _replies.Select(reply => reply.Body));
        Assert.Equal(["first", "second"], _executor.Done);
    }

    [Fact]
    public async Task A_reading_that_is_asked_again_is_read_again()
    {
        var command = Change("id", 1) with { Kind = CommandKind.GetHost };
        await SendAsync(command);
        await UntilAnswersAsync(1);
        await SendAsync(Again(command));
        await UntilAnswersAsync(2);

        Assert.Equal(["answer 1", "answer 2"], _replies.Select(reply => reply.Body));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task A_correlation_id_of_another_command_is_refused_also_within_a_batch()
    {
        await SendAsync(Change("id", 1), Change("id", 2));
        await UntilAnswersAsync(2);
        await SendAsync(Change("id", 3));
        await UntilAnswersAsync(3);

        Assert.Equal(["answer 1", "taken", "taken"], _replies.Select(reply => reply.Body));
        Assert.Equal(["id"], _executor.Done);
    }

    private static ExternalCommand Change(string correlationId, double threshold) =>
        new(CommandKind.SetHostThreshold, Key, null, threshold, correlationId, new("", "reply"), Guid.NewGuid(), Redelivered: false);

    /// <summary>The same request, sent once more.</summary>
    private static ExternalCommand Again(ExternalCommand command) => command with { Delivery = Guid.NewGuid() };

    private Task SendAsync(params ExternalCommand[] commands) =>
        _silo.Services.GetRequiredKeyedService<IStreamProvider>(CommandStreams.Provider).GetStream<ExternalCommand>(CommandStreams.Requests, Key).OnNextBatchAsync(commands);

    private Task UntilAnswersAsync(int count) => TestSilo.UntilAsync($"{count} answers have come", () => _replies.Count >= count);

    /// <summary>Numbers its answers.</summary>
    private sealed class CountingExecutor : ICommandExecutor
    {
        /// <summary>Commands by their correlation id, in their order.</summary>
        public ConcurrentQueue<string> Done { get; } = new();

        /// <summary>How many there is time for, in one call each.</summary>
        public ConcurrentQueue<int> Limits { get; } = new();

        public Task<IReadOnlyList<string>> Execute(IReadOnlyList<ExternalCommand> commands, CancellationToken enough)
        {
            var replies = new List<string>();
            foreach (var command in commands.Take(Limits.TryDequeue(out var limit) ? limit : commands.Count))
            {
                Done.Enqueue(command.CorrelationId);
                replies.Add($"answer {Done.Count}");
            }
            return Task.FromResult<IReadOnlyList<string>>(replies);
        }

        public string CorrelationIdTaken(ExternalCommand command) => "taken";
    }
}
