using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using HmsOrleans.Api;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>The API on a real server on a free port of 127.0.0.1, over a <see cref="FakeFleet"/>.</summary>
internal sealed class ApiNode : IAsyncDisposable
{
    public const string OperatorKey = "operator-key-0123456789";

    public const string ChaosKey = "chaos-key-0123456789";

    public const string ViewerKey = "viewer-key-0123456789";

    /// <summary>Servers that no test uses now, by whether they have keys. One takes half a second to start, and has no state but its fleet.</summary>
    private static readonly ConcurrentBag<ApiNode>[] Idle = [[], []];

    private readonly WebApplication _app;

    /// <summary>Where it goes after the test; null when nobody else can use it.</summary>
    private readonly ConcurrentBag<ApiNode>? _pool;

    private readonly FakeFleet _served;

    private ApiNode(WebApplication app, ConcurrentBag<ApiNode>? pool)
    {
        _app = app;
        _pool = pool;
        _served = (FakeFleet)app.Services.GetRequiredService<IGrainFactory>();
        Base = new Uri(app.Urls.Single());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Base };
    }

    public FakeFleet Fleet => _served.Deputy!;

    public Uri Base { get; }

    public HttpClient Http { get; }

    public static async Task<ApiNode> Start(
        FakeFleet? fleet = null, bool keys = false, string? localHost = Samples.Address, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        fleet ??= FakeFleet.WithOneHost();
        var pool = localHost == Samples.Address && time is null && settings.Length == 0 ? Idle[keys ? 1 : 0] : null;
        if (pool?.TryTake(out var idle) == true)
        {
            idle._served.Deputy = fleet;
            return idle;
        }
        var app = Build(fleet, localHost, time, [("urls", "http://127.0.0.1:0"), .. keys ? Keys : [], .. settings]);
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new(app, pool);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public static WebApplication Build(FakeFleet fleet, string? localHost, TimeProvider? time, params (string Key, string Value)[] settings) =>
        Build(fleet, localHost, time, _ => { }, settings);

    public static WebApplication Build(
        FakeFleet fleet, string? localHost, TimeProvider? time, Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        // Whatever the machine's environment says, only these count.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value));
        builder.Services.AddSingleton<IGrainFactory>(new FakeFleet { Deputy = fleet });
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        new DashboardServices(builder.Services, builder.Configuration).AddDashboard();
        builder.AddHmsApi(localHost);
        configure(builder.Services);
        var app = builder.Build();
        app.MapHmsApi();
        return app;
    }

    public static (string Key, string Value)[] Keys { get; } =
    [
        ("Hms:Api:Keys:0:Name", "admin"), ("Hms:Api:Keys:0:Key", OperatorKey), ("Hms:Api:Keys:0:Role", ApiRole.Operator),
        ("Hms:Api:Keys:1:Name", "wall"), ("Hms:Api:Keys:1:Key", ViewerKey), ("Hms:Api:Keys:1:Role", ApiRole.Viewer),
        ("Hms:Api:Keys:2:Name", "monkey"), ("Hms:Api:Keys:2:Key", ChaosKey), ("Hms:Api:Keys:2:Role", ApiRole.Chaos),
    ];

    /// <summary>Sends a request.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">Body as it is; null for none.</param>
    /// <param name="contentType">Its type; null for none.</param>
    /// <param name="headers">Further headers, not looked at by the client.</param>
    public async Task<Reply> Send(
        string method, string path, string? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var fields = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new(response.StatusCode, response.Content.Headers.ContentType?.MediaType, text, fields);
    }

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => Send("GET", path, headers: headers);

    public Task<Reply> Post(string path, string? body, params (string Name, string Value)[] headers) => Send("POST", path, body, headers: headers);

    public async ValueTask DisposeAsync()
    {
        if (_pool is not null)
        {
            _pool.Add(this);
            return;
        }
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private sealed record DashboardServices(IServiceCollection Services, IConfiguration Configuration) : Orleans.Hosting.IClientBuilder;
}

/// <summary>What came back.</summary>
internal sealed record Reply(HttpStatusCode Status, string? ContentType, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    /// <summary>It is that problem, in full and with something to say, and with no stack trace.</summary>
    public JsonNode MustBeProblem(HttpStatusCode status, string type)
    {
        Assert.Equal((status, "application/problem+json"), (Status, ContentType));
        Assert.Equal("urn:hms:problem:" + type, (string?)Json["type"]);
        Assert.Equal((int)status, (int?)Json["status"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)Json["title"]));
        Assert.False(string.IsNullOrWhiteSpace((string?)Json["detail"]));
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("HmsOrleans.", Text, StringComparison.Ordinal);
        return Json;
    }

    public JsonNode MustBe(HttpStatusCode status)
    {
        Assert.Equal((status, "application/json"), (Status, ContentType));
        return Json;
    }
}
