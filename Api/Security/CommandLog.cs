using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Api.Security;

/// <summary>One line per command: who asked for what, and what came of it. The grains log the change, but do not know who asked.</summary>
internal sealed partial class CommandLog(RequestDelegate next, ILogger<CommandLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && context.Response.StatusCode < 300)
        {
            LogCommand(context.User.Identity?.Name, context.Request.Method, context.Request.Path, context.Response.StatusCode);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Name}: {Method} {Path} -> {Status}")]
    private partial void LogCommand(string? name, string method, string path, int status);
}
