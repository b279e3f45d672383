using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace HmsOrleans.Api.Bodies;

/// <summary>
/// The reply to a command that holds now: 200 when it is saved too, 202 with the reason in <see cref="Header"/> when saving is
/// still being tried. The body is the same: a field in it would be one that each client has to expect everywhere.
/// </summary>
/// <param name="value">The state after the command.</param>
/// <param name="unsaved">Why it is not saved yet; null when it is.</param>
internal sealed class Applied<T>(T value, string? unsaved) : IResult, IEndpointMetadataProvider
{
    public const string Header = "Hms-Unsaved";

    private const int MaxReason = 200;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (unsaved is not null)
        {
            httpContext.Response.StatusCode = StatusCodes.Status202Accepted;
            httpContext.Response.Headers[Header] = Printable($"applied, saving is retried: {unsaved}");
        }
        await httpContext.Response.WriteAsJsonAsync(value, httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, typeof(T), ["application/json"]));
    }

    /// <summary>A header can hold printable ASCII only, and a storage's message may have lines.</summary>
    private static string Printable(string text) => string.Concat(text.Take(MaxReason).Select(c => c is >= ' ' and <= '~' ? c : ' '));
}
