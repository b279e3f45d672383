using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HmsOrleans.Api;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>The live page's files, and a fleet that is made up: what is measured with it is the page alone.</summary>
internal sealed class FakeFeed : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly HttpListener _listener = new();
    private readonly ConcurrentBag<HttpListenerResponse> _viewers = [];
    private readonly Task _serving;
    private long _number;

    private FakeFeed(int hosts, int containers)
    {
        Containers = [.. Enumerable.Range(0, hosts * containers).Select(i => new FakeContainer(i / containers, i % containers))];
        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}/");

    public IReadOnlyList<FakeContainer> Containers { get; }

    public static FakeFeed Start(int hosts, int containers) => new(hosts, containers);

    /// <summary>Tells all viewers that containers have changed.</summary>
    public Task TellAsync(params IEnumerable<FakeContainer> changed) => SendAsync(_viewers, "delta", new { hosts = Array.Empty<object>(), changed = changed.Select(View), removed = Array.Empty<object>() });

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // closed
            }
            await AnswerAsync(context.Request.Url!.AbsolutePath, context.Response);
        }
    }

    private async Task AnswerAsync(string path, HttpListenerResponse response)
    {
        if (path == "/events")
        {
            response.ContentType = "text/event-stream";
            response.SendChunked = true;
            await SendAsync([response], "snapshot", new { hosts = Containers.GroupBy(container => container.Host).Select(host => Host(host.Key, host)) });
            _viewers.Add(response);
            return;
        }
        var name = path == "/" ? "web/index.html" : path[1..];
        await using var file = typeof(ApiExtensions).Assembly.GetManifestResourceStream(name);
        if (file is not null)
        {
            response.ContentType = Path.GetExtension(name) switch { ".html" => "text/html", ".js" => "text/javascript", ".css" => "text/css", _ => "image/svg+xml" };
            await file.CopyToAsync(response.OutputStream);
        }
        else if (path == "/incidents")
        {
            response.ContentType = "application/json";
            await response.OutputStream.WriteAsync("""{"incidents":[],"next":null}"""u8.ToArray());
        }
        else
        {
            response.StatusCode = (int)HttpStatusCode.NotFound;
        }
        response.Close();
    }

    private async Task SendAsync(IEnumerable<HttpListenerResponse> viewers, string name, object value)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: fake-{++_number}\nevent: {name}\ndata: {JsonSerializer.Serialize(value, Json)}\n\n"));
        foreach (var viewer in viewers)
        {
            await viewer.OutputStream.WriteAsync(bytes);
            await viewer.OutputStream.FlushAsync();
        }
    }

    private static object Host(string address, IEnumerable<FakeContainer> containers) => new
    {
        address,
        state = "updated",
        lastHeartbeat = DateTimeOffset.UnixEpoch,
        status = new
        {
            ready = true,
            supervised = true,
            threshold = 60,
            engine = new { answers = true, since = DateTimeOffset.UnixEpoch },
            prober = new { mode = "raw" },
            storage = new { saved = true },
        },
        containers = containers.Select(View),
    };

    private static object View(FakeContainer container) => new
    {
        container.Id,
        shortId = container.Id[..12],
        container.Name,
        image = "shop/service:4.2",
        container.Host,
        addresses = (string[])["172.17.0.2"],
        containerState = "running",
        serviceState = "up",
        container.Health,
        packetLoss = 0,
        container.Rtt,
        memory = 50_000_000,
        threshold = 60,
        restarts = 0,
        details = container.Health == "healthy" ? "running" : "was stopped (exit code 137); being started",
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A container that is made up.</summary>
internal sealed class FakeContainer(int host, int number)
{
    public string Host { get; } = $"10.0.0.{host + 1}";

    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"service-{host:00}-{number:00}");

    public string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"{host * 1000 + number:x64}");

    public string Health { get; set; } = "healthy";

    public double Rtt { get; set; } = 0.1;
}
