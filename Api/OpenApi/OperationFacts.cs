using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.OpenApi;

/// <summary>Problems that an endpoint can answer with.</summary>
internal sealed record Failures(params ProblemType[] Types);

/// <summary>An example of an endpoint's request.</summary>
internal sealed record RequestExample(object Value, bool IsOptional);

/// <summary>An example of an endpoint's reply.</summary>
internal sealed record ReplyExample(object Value);

/// <summary>What the documentation says of an endpoint, said where the endpoint is mapped.</summary>
internal static class OperationFacts
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description) =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    public static T Fails<T>(this T endpoint, params ProblemType[] types) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Failures(types));

    public static RouteHandlerBuilder Replies(this RouteHandlerBuilder endpoint, object example) => endpoint.WithMetadata(new ReplyExample(example));

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint, object example, bool isOptional = false) where T : notnull =>
        endpoint.Accepts<T>("application/json")
            .WithMetadata(new RequestExample(example, isOptional))
            .Fails(ProblemType.BodyInvalid, ProblemType.FieldInvalid, ProblemType.BodyTooLarge, ProblemType.ContentTypeUnsupported);
}
