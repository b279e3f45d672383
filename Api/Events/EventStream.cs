using System.Reflection;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace HmsOrleans.Api.Events;

/// <summary>The reply that goes on until the viewer leaves.</summary>
/// <param name="feed">What it shows.</param>
/// <param name="maxViewers">As many may follow it.</param>
/// <param name="lastId">Id of the last event that the viewer had; null when it has had none.</param>
internal sealed class EventStream(FleetFeed feed, int maxViewers, string? lastId) : IResult, IEndpointMetadataProvider
{
    public const string ContentType = "text/event-stream";

    /// <summary>Seconds after which one who was sent away should ask again.</summary>
    private const string RetryAfter = "30";

    /// <summary>A browser that lost the connection comes back after a second.</summary>
    private static readonly ReadOnlyMemory<byte> Greeting = "retry: 1000\n\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var viewer = new Viewer(httpContext.Abort);
        if (!HeadRequests.IsHead(httpContext) && !feed.TryJoin(viewer, lastId))
        {
            httpContext.Response.Headers.RetryAfter = RetryAfter;
            await ProblemType.ViewersTooMany.With(
                $"{maxViewers} follow the events of this node already, which is all that Hms:Api:MaxViewers permits. Close pages that nobody looks at, or ask another node.")
                .ExecuteAsync(httpContext);
            return;
        }
        try
        {
            await Send(httpContext, viewer, httpContext.RequestAborted);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // It has left, or was cut off.
        }
        finally
        {
            feed.Leave(viewer);
        }
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    private static async Task Send(HttpContext http, Viewer viewer, CancellationToken aborted)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        // nginx's word for: pass it on as it comes.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (HeadRequests.IsHead(http))
        {
            return;
        }
        await http.Response.Body.WriteAsync(Greeting, aborted);
        await http.Response.Body.FlushAsync(aborted);
        await viewer.Follow(async happened =>
        {
            await http.Response.Body.WriteAsync(happened.Bytes, aborted);
            await http.Response.Body.FlushAsync(aborted);
        }, aborted);
    }
}
