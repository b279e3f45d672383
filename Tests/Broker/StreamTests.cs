using System.Collections.Concurrent;
using System.Net;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.Commands;
using HmsOrleans.Silo.RabbitMq;
using HmsOrleans.Tests.Cluster;
using HmsOrleans.Tests.Commands;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.Streams;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>The stream provider between silos, and from a client to silos.</summary>
[Collection<BrokerCollection>]
public sealed class StreamTests(BrokerFixture shared)
{
    private const string Provider = "numbers";
    private const int FirstSiloPort = 11700;
    private const int FirstGatewayPort = 30700;

    private readonly BrokerProcess _broker = shared.Broker;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_client_produces_reaches_the_grains_in_order_through_all_queues()
    {
        var taken = new NumbersTaken();
        using var silo = BuildSilo(0, silo =>
        {
            silo.Services.AddSingleton(taken);
            silo.AddRabbitMqStreams(Provider, Configure, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
        }, new());
        await silo.StartAsync(Token);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleansClient(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, FirstGatewayPort)).AddRabbitMqStreams(Provider, Configure));
        using var client = builder.Build();
        await client.StartAsync(Token);

        var provider = client.Services.GetRequiredKeyedService<IStreamProvider>(Provider);
        string[] keys = [.. Enumerable.Range(0, 16).Select(number => $"stream-{number}")];
        await Task.WhenAll(keys.Select(async key =>
        {
            var stream = provider.GetStream<int>(NumbersGrain.Namespace, key);
            for (var number = 0; number < 20; number++)
            {
                await stream.OnNextAsync(number);
            }
            await stream.OnNextBatchAsync(Enumerable.Range(20, 20));
        }));

        await TestSilo.UntilAsync("all were taken", () => keys.All(key => taken.TryGetValue(key, out var numbers) && numbers.Count >= 40));
        Assert.All(keys, key => Assert.Equal(Enumerable.Range(0, 40), taken[key]));
        var mapper = new HashRingBasedStreamQueueMapper(new() { TotalQueueCount = 4 }, Provider);
        Assert.Equal(4, keys.Select(key => mapper.GetQueueForStream(StreamId.Create(NumbersGrain.Namespace, key))).Distinct().Count());
        await client.StopAsync(Token);
        await silo.StopAsync(Token);

        void Configure(RabbitMqOptions options)
        {
            options.Uri = new(_broker.Uri);
            options.Name = "hms.tests.numbers";
            options.QueueCount = 4;
        }
    }

    [Fact]
    public async Task A_silo_that_is_drained_under_load_loses_no_command_and_makes_no_dead_letter()
    {
        var store = new JournalStore();
        var members = new MembershipInMemory();
        var executors = new[] { new SlowExecutor(), new SlowExecutor() };
        var silos = executors.Select((executor, index) => BuildSilo(1 + index, silo =>
        {
            silo.Services.AddSingleton<ICommandExecutor>(executor);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, store);
            silo.Services.AddSingleton<StartsUnderWay>();
            silo.Services.Configure<CommandPathOptions>(options => options.Uri = _broker.Uri);
            CommandPath.Add(silo, "127.0.0.1");
        }, members)).ToList();
        await Task.WhenAll(silos.Select(silo => silo.StartAsync(Token)));
        await using var client = PikaClient.Start(_broker);
        await client.TakeAsync("hms.commands.dead", Token);

        List<string> ids = [.. Enumerable.Range(0, 1000).Select(_ => PikaClient.NewId())];
        foreach (var (index, id) in ids.Index())
        {
            client.Send($"manager.10.0.0.{index % 10}", new { command = "container_threshold", threshold = index % 100 }, id);
        }
        await client.UntilAsync("commands are under way", () => client.Answered >= 100, Token);
        var reader = Array.FindIndex(executors, executor => !executor.Done.IsEmpty);
        await silos[reader].StopAsync(Token);
        Assert.InRange(client.Answered, 100, ids.Count - 100);

        await client.UntilAsync("all were answered", () => client.Answered >= ids.Count, Token);
        Assert.Empty(await client.TakeAsync("hms.commands.dead", Token));
        Assert.NotEmpty(executors[1 - reader].Done);
        var effects = executors.SelectMany(executor => executor.Done).CountBy(id => id).ToDictionary();
        Assert.All(ids, id => Assert.Equal(1, effects[id]));
        Assert.All(ids, id => Assert.Single(client.Replies(id)));

        await silos[1 - reader].StopAsync(Token);
        silos.ForEach(silo => silo.Dispose());
    }

    [Fact]
    public async Task Silos_without_the_provider_are_given_no_queues()
    {
        var members = new MembershipInMemory();
        var executor = new SlowExecutor();
        List<IHost> without = [.. Enumerable.Range(5, 3).Select(number => BuildSilo(number, _ => { }, members))];
        using var reader = BuildSilo(4, silo =>
        {
            silo.Services.AddSingleton<ICommandExecutor>(executor);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, new JournalStore());
            silo.Services.AddSingleton<StartsUnderWay>();
            silo.Services.Configure<CommandPathOptions>(options => options.Uri = _broker.Uri);
            CommandPath.Add(silo, "127.0.0.1");
        }, members);
        await Task.WhenAll(without.Select(silo => silo.StartAsync(Token)));
        await reader.StartAsync(Token);
        await using var client = PikaClient.Start(_broker);

        await client.AskAsync("controller", new { command = "get_all_containers" }, Token);
        await client.AskAsync("manager.10.0.9.3", new { command = "container_threshold", threshold = 1 }, Token);

        await reader.StopAsync(Token);
        foreach (var silo in without)
        {
            await silo.StopAsync(Token);
            silo.Dispose();
        }
    }

    [Fact]
    public async Task What_a_grain_cannot_take_for_long_is_dead_letters_all_of_it_and_the_others_get_theirs()
    {
        const string Bad = "10.0.9.1";
        var executor = new SlowExecutor { Refused = Bad };
        using var silo = BuildSilo(3, silo =>
        {
            silo.Services.AddSingleton<ICommandExecutor>(executor);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, new JournalStore());
            silo.Services.AddSingleton<StartsUnderWay>();
            silo.Services.Configure<CommandPathOptions>(options => options.Uri = _broker.Uri);
            CommandPath.Add(silo, "127.0.0.1");
            silo.Services.PostConfigure<StreamPullingAgentOptions>(CommandStreams.Provider, options => options.MaxEventDeliveryTime = TimeSpan.FromSeconds(1));
        }, new());
        await silo.StartAsync(Token);
        await using var client = PikaClient.Start(_broker);
        await client.TakeAsync("hms.commands.dead", Token);

        List<string> ids = [.. Enumerable.Range(0, 40).Select(_ => PikaClient.NewId())];
        foreach (var id in ids)
        {
            client.Send($"manager.{Bad}", new { command = "container_threshold", threshold = 1 }, id);
        }
        var dead = new List<string?>();
        await TestSilo.UntilAsync("all are dead letters, while others are answered", async () =>
        {
            await client.AskAsync("manager.10.0.9.2", new { command = "container_threshold", threshold = 2 }, Token);
            dead.AddRange((await client.TakeAsync("hms.commands.dead", Token)).Select(message => message.CorrelationId));
            return dead.Count >= ids.Count;
        });
        Assert.Equal(ids.Order(), dead.Order());
        Assert.Equal(ids.Count, silo.Services.GetRequiredService<ICommandPath>().Status.DeadLetters);
        Assert.DoesNotContain(ids, executor.Done.Contains);
        await silo.StopAsync(Token);
    }

    [Fact]
    public async Task What_a_grain_cannot_take_is_dead_letters_also_when_nothing_comes_after_it()
    {
        const string Bad = "10.0.9.4";
        using var silo = BuildSilo(8, silo =>
        {
            silo.Services.AddSingleton<ICommandExecutor>(new SlowExecutor { Refused = Bad });
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, new JournalStore());
            silo.Services.AddSingleton<StartsUnderWay>();
            silo.Services.Configure<CommandPathOptions>(options => options.Uri = _broker.Uri);
            CommandPath.Add(silo, "127.0.0.1");
            silo.Services.PostConfigure<StreamPullingAgentOptions>(CommandStreams.Provider, options => options.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(100));
        }, new());
        await silo.StartAsync(Token);
        await using var client = PikaClient.Start(_broker);
        await client.TakeAsync("hms.commands.dead", Token);

        // More than a part of Orleans' cache has, so that none of a part is delivered.
        List<string> ids = [.. Enumerable.Range(0, 200).Select(_ => PikaClient.NewId())];
        foreach (var id in ids)
        {
            client.Send($"manager.{Bad}", new { command = "container_threshold", threshold = 1 }, id);
        }
        var dead = new List<string?>();
        await TestSilo.UntilAsync("all are dead letters", async () =>
        {
            dead.AddRange((await client.TakeAsync("hms.commands.dead", Token)).Select(message => message.CorrelationId));
            return dead.Count >= ids.Count;
        });
        Assert.Equal(ids.Order(), dead.Order());
        await silo.StopAsync(Token);
    }

    [Fact]
    public async Task What_is_given_back_too_often_the_broker_makes_a_dead_letter_which_is_shown()
    {
        const string Name = "hms.tests.limit";
        using (var first = await StartAsync(9))
        {
            await first.StopAsync(Token);
        }
        await using var client = PikaClient.Start(_broker);
        var id = PikaClient.NewId();
        await client.RejectAsync($"{Name}.1", Token);
        client.Put($"{Name}.1", new { command = "give_content" }, id);

        using var silo = await StartAsync(10);
        var path = silo.Services.GetRequiredService<ICommandPath>();
        await TestSilo.UntilAsync("it is shown", () => path.Status.DeadLettersWaiting == 1);
        Assert.Equal(0, path.Status.DeadLetters); // of this silo
        await silo.StopAsync(Token);
        var dead = Assert.Single(await client.TakeAsync($"{Name}.dead", Token));
        Assert.Equal((id, "delivery_limit"), (dead.CorrelationId, dead.Reason));

        async Task<IHost> StartAsync(int number)
        {
            var silo = BuildSilo(number, silo =>
            {
                silo.Services.AddSingleton<ICommandExecutor>(new SlowExecutor());
                silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, new JournalStore());
                silo.Services.AddSingleton<StartsUnderWay>();
                silo.Services.Configure<CommandPathOptions>(options => options.Uri = _broker.Uri);
                CommandPath.Add(silo, "127.0.0.1");
                silo.Services.PostConfigure<RabbitMqOptions>(CommandStreams.Provider, options =>
                {
                    (options.Name, options.DeliveryLimit) = (Name, 2);
                    options.Bindings.Clear(); // what others send is not for these queues
                });
            }, new());
            await silo.StartAsync(Token);
            await TestSilo.UntilAsync("it is connected", () => silo.Services.GetRequiredService<ICommandPath>().Status.Trouble is null);
            return silo;
        }
    }

    private static IHost BuildSilo(int number, Action<ISiloBuilder> configure, MembershipInMemory members)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.ConfigureEndpoints(IPAddress.Loopback, FirstSiloPort + number, FirstGatewayPort + number);
            silo.Configure<SiloOptions>(options => options.SiloName = $"silo-{number}");
            silo.Services.AddSingleton<IMembershipTable>(members);
            silo.Services.AddSingleton(TimeProvider.System);
            configure(silo);
        });
        return builder.Build();
    }

    /// <summary>Does nothing, and takes a millisecond for it.</summary>
    private sealed class SlowExecutor : ICommandExecutor
    {
        /// <summary>The commands, by their correlation id, as often as they came.</summary>
        public ConcurrentQueue<string> Done { get; } = new();

        /// <summary>The host whose commands it fails at.</summary>
        public string? Refused { get; init; }

        public async Task<IReadOnlyList<string>> Execute(IReadOnlyList<ExternalCommand> commands, CancellationToken enough)
        {
            foreach (var command in commands)
            {
                if (Refused is not null && command.Host == Refused)
                {
                    throw new IOException("not today");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, enough);
                Done.Enqueue(command.CorrelationId);
            }
            return [.. commands.Select(_ => """{"command":"ok"}""")];
        }

        public string CorrelationIdTaken(ExternalCommand command) => """{"command":"error"}""";
    }
}
