using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace HmsOrleans.Tests.Node;

/// <summary>A collector that takes OTLP over gRPC and keeps what it was sent; or one that takes calls and never answers.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _answers;
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentDictionary<string, int> _metrics = new();
    private int _calls;

    private OtlpCollector(WebApplication app, bool answers) => (_app, _answers) = (app, answers);

    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>All spans that have come, in the order in which they came.</summary>
    public IReadOnlyCollection<OtlpSpan> Spans => _spans;

    /// <summary>Names of all metrics that have come.</summary>
    public ICollection<string> Metrics => _metrics.Keys;

    /// <summary>Calls that have begun.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public static async Task<OtlpCollector> StartAsync(CancellationToken token, bool answers = true)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var collector = new OtlpCollector(builder.Build(), answers);
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync(token);
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        // What it has not answered is not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        if (!_answers)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var framed = body.ToArray();
        // A byte that says whether it is compressed, and the length in four.
        if (framed[0] != 0 || BinaryPrimitives.ReadUInt32BigEndian(framed.AsSpan(1)) != framed.Length - 5)
        {
            throw new InvalidDataException("not one message as it is");
        }
        var request = new ProtoMessage(framed.AsMemory(5));
        switch (context.Request.Path.Value)
        {
            case "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                TakeSpans(request);
                break;
            case "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                TakeMetrics(request);
                break;
            default:
                throw new InvalidDataException($"nobody asks a collector for {context.Request.Path}");
        }
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    /// <summary>ExportTraceServiceRequest: of each resource, of each scope, the spans.</summary>
    private void TakeSpans(ProtoMessage request)
    {
        foreach (var span in request.All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2)))
        {
            _spans.Enqueue(new(span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Number(7), span.Number(8), Attributes(span, 9), [.. span.All(11).Select(one => one.Text(2))]));
        }
    }

    /// <summary>ExportMetricsServiceRequest: of each resource, of each scope, the metrics.</summary>
    private void TakeMetrics(ProtoMessage request)
    {
        foreach (var metric in request.All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2)))
        {
            _metrics.TryAdd(metric.Text(1), 0);
        }
    }

    /// <summary>Those that are text.</summary>
    private static Dictionary<string, string> Attributes(ProtoMessage message, int field) =>
        message.All(field).ToDictionary(pair => pair.Text(1), pair => pair.All(2).Single().Text(1));
}

/// <summary>A span as it came.</summary>
/// <param name="Trace">Id of its trace.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">Id of the span that it is part of; empty for a root.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Start">Nanoseconds since 1970.</param>
/// <param name="End">Nanoseconds since 1970.</param>
/// <param name="Attributes">Those that are text.</param>
/// <param name="Events">Names of its events.</param>
internal sealed record OtlpSpan(string Trace, string Id, string Parent, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Events);
