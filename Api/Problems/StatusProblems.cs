using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Problems;

/// <summary>Replies that the framework gives without a body (unknown path, wrong method, wrong content type) become problems.</summary>
internal static class StatusProblems
{
    public static Task Write(StatusCodeContext context) => For(context.HttpContext)?.ExecuteAsync(context.HttpContext) ?? Task.CompletedTask;

    private static ProblemHttpResult? For(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound =>
            ProblemType.PathUnknown.With($"There is nothing at {http.Request.Path}. /scalar shows all paths."),
        StatusCodes.Status405MethodNotAllowed => ProblemType.MethodNotAllowed.With(
            $"{http.Request.Path} does not know {http.Request.Method}, only {http.Response.Headers.Allow}."),
        StatusCodes.Status415UnsupportedMediaType => ProblemType.ContentTypeUnsupported.With(ProblemType.ContentTypeUnsupported.Example),
        StatusCodes.Status400BadRequest => ProblemType.RequestInvalid.With(ProblemType.RequestInvalid.Example),
        StatusCodes.Status500InternalServerError => ProblemType.Internal.With(ProblemType.Internal.Example),
        _ => null,
    };
}
