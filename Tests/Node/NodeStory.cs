using System.Net;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What the stories about a node share: words for what is done to containers and for what the node then shows.</summary>
public abstract class NodeStory : IAsyncLifetime
{
    /// <summary>Ends by itself with the code that <see cref="EndAsync"/> gives it.</summary>
    private protected const string Mortal = "trap exit TERM; while [ ! -s /tmp/code ]; do sleep 0.05; done; read code </tmp/code; rm /tmp/code; exit $code";

    private readonly int _logged;

    private protected NodeStory(NodeFixture fixture) => (Host, Node, _logged) = (fixture.Host, fixture.Node, fixture.Node.Log.Length);

    /// <summary>A story with a node of its own, which it starts itself.</summary>
    private protected NodeStory(DockerHost host) => (Host, Node) = (host, null!);

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected DockerHost Host { get; }

    private protected NodeProcess Node { get; set; }

    /// <summary>All that the engine has said since the test began.</summary>
    private protected EngineJournal Journal { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Journal = await EngineJournal.OpenAsync(Host, Token);

    public virtual async ValueTask DisposeAsync()
    {
        if (Node is not null && TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(Environment.NewLine, Journal.Events)}{Environment.NewLine}{Node.Log[_logged..]}");
        }
        await Journal.DisposeAsync();
        await Host.RemoveAllAsync(CancellationToken.None, NodeFixture.Bell);
        GC.SuppressFinalize(this);
    }

    private protected static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    private protected static int Restarts(JsonElement view) => view.GetProperty("restarts").GetInt32();

    private protected static string? Cause(JsonElement view) =>
        view.GetProperty("lastFault") is { ValueKind: JsonValueKind.Object } fault ? fault.GetProperty("cause").GetString() : null;

    private protected static string[] Addresses(JsonElement view) => [.. view.GetProperty("addresses").EnumerateArray().Select(address => address.GetString()!)];

    /// <summary>Runs a container with a command of its own in the idle image.</summary>
    private protected Task<string> RunAsync(string name, string[] options, params string[] command) =>
        Host.Docker(Token, ["run", "-d", "--name", name, .. options, DockerHost.IdleImage, .. command]);

    /// <summary>Runs a container that <see cref="EndAsync"/> can end from within.</summary>
    private protected Task<string> RunMortalAsync(string name, params string[] options) => RunAsync(name, options, "sh", "-c", Mortal);

    private protected Task EndAsync(string name, int exitCode) => Host.Docker(Token, "exec", name, "sh", "-c", $"echo {exitCode} >/tmp/code");

    /// <summary>Kills process 1 from outside Docker, as the kernel would.</summary>
    private protected async Task KillFromOutsideAsync(string name) => await Command.SignalAsync("KILL", [await Host.PidOf(name, Token)]);

    private protected Task<JsonElement> UntilAsync(string name, string health) => Node.UntilContainerAsync(name, view => Text(view, "health") == health, Token);

    /// <summary>Runs an idle container and waits until the node calls it healthy.</summary>
    private protected async Task<string> RunHealthyAsync(string name, params string[] options)
    {
        var id = await Host.RunContainerAsync(name, Token, options);
        await UntilAsync(name, "healthy");
        return id;
    }

    /// <summary>Waits until a container has been healed this often and is healthy again.</summary>
    private protected Task<JsonElement> UntilHealedAsync(string name, int restarts = 1) =>
        Node.UntilContainerAsync(name, view => Restarts(view) >= restarts && Text(view, "health") == "healthy", Token);

    /// <summary>
    /// Something that must be observed: another container is killed and healed. What the node would have done because of anything
    /// before it, it has done now.
    /// </summary>
    private protected async Task UntilTheNodeHasSeenItAllAsync()
    {
        var before = Restarts(await Node.UntilContainerAsync(NodeFixture.Bell, view => Text(view, "containerState") == "running" && Text(view, "health") != "restarting", Token));
        await Host.Docker(Token, "kill", NodeFixture.Bell);
        await Node.UntilContainerAsync(NodeFixture.Bell, view => Restarts(view) > before && Text(view, "containerState") == "running", Token);
    }

    /// <summary>Nothing was done to a container since the test began but this. The journal may be a moment behind the node, which reads events of its own.</summary>
    private protected async Task AssertHappenedAsync(string name, params string[] actions)
    {
        string[] kinds = ["start", "kill", "die", "stop", "restart"];
        await Node.UntilAsync($"{name} is told: {string.Join(", ", actions)}", () => Task.FromResult(Journal.Of(name, kinds).Count >= actions.Length), Token,
            () => string.Join(", ", Journal.Of(name, kinds).Select(e => e.Action)));
        Assert.Equal(actions, Journal.Of(name, kinds).Select(e => e.Action));
    }

    /// <summary>A container has had an action just so often since the test began.</summary>
    private protected async Task AssertCountAsync(int times, string name, string action)
    {
        await Journal.UntilAsync(name, action, Token, times);
        Assert.Equal(times, Journal.Count(name, action));
    }

    private protected async Task<JsonElement> ReadyzAsync(HttpStatusCode status, Func<JsonElement, bool> wanted)
    {
        var last = default(JsonElement);
        await Node.UntilAsync($"/readyz is {status} and as wanted", async () =>
        {
            using var reply = await Node.Http.GetAsync(new Uri("readyz", UriKind.Relative), Token);
            last = JsonElement.Parse(await reply.Content.ReadAsStringAsync(Token));
            return reply.StatusCode == status && wanted(last);
        }, Token, () => $"{last}");
        return last;
    }

    private protected async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        }
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }
        return await Node.Http.SendAsync(request, Token);
    }

    private protected async Task<JsonElement> GoodAsync(HttpMethod method, string path, string? json = null)
    {
        using var reply = await SendAsync(method, path, json);
        var body = await reply.Content.ReadAsStringAsync(Token);
        Assert.True(reply.IsSuccessStatusCode, $"{method} {path}: {(int)reply.StatusCode} {body}");
        return JsonElement.Parse(body);
    }
}
