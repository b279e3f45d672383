using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace HmsOrleans.Api.OpenApi;

/// <summary>The OpenAPI document: what the endpoints' metadata say beyond what the framework reads from them.</summary>
internal static partial class OpenApiDocs
{
    private const string ProblemSchema = "Problem";

    private const string ProblemJson = "application/problem+json";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = NameSchema;
        options.AddSchemaTransformer(TypeEnums);
        options.AddDocumentTransformer(Introduce);
        options.AddOperationTransformer(Complete);
    }

    /// <summary>What a thing is called in the code says for what it is used; in the document it is the thing itself.</summary>
    private static string? NameSchema(JsonTypeInfo type)
    {
        var name = OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        return type.Type.Assembly.GetName().Name!.StartsWith("HmsOrleans.", StringComparison.Ordinal) && name is not null
            ? Suffix().Replace(name, "")
            : name;
    }

    [GeneratedRegex("(Reply|View)$")]
    private static partial Regex Suffix();

    /// <summary>The framework leaves out that the values are strings.</summary>
    private static Task TypeEnums(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
        }
        return Task.CompletedTask;
    }

    private static Task Introduce(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info.Title = "HmsOrleans";
        document.Info.Version = "1";
        document.Info.Description =
            "Keeps Docker containers alive. A container is named by its full id, a prefix of the id that fits only one, or its name. "
            + "Errors are problems (RFC 9457): `type` stays as it is, `detail` says what to do next.\n\n| status | type | title |\n| --- | --- | --- |\n"
            + string.Concat(ProblemType.All.Select(type => $"| {type.Status} | `{type.Uri}` | {type.Title} |\n"));
        document.AddComponent(KeyAuthentication.Header, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = KeyAuthentication.Header,
            Description = "One of the keys of `Hms:Api:Keys`. Where none are set, this machine needs no key and others are refused.",
        });
        document.AddComponent("Bearer", new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The same keys.",
        });
        return Task.CompletedTask;
    }

    private static async Task Complete(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var json = context.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var document = context.Document!;
        operation.Responses ??= [];

        DescribeParameters(operation);
        if (metadata.OfType<RequestExample>().LastOrDefault() is { } request && operation.RequestBody is OpenApiRequestBody body)
        {
            body.Required = !request.IsOptional;
            SetExample(body.Content, request.Value, json);
        }
        if (metadata.OfType<ReplyExample>().LastOrDefault() is { } reply)
        {
            DescribeSuccess(operation.Responses, reply.Value, json);
        }
        var failures = metadata.OfType<Failures>().SelectMany(failure => failure.Types).ToList();
        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            failures.AddRange([ProblemType.KeyRequired, ProblemType.FleetUnavailable]);
            if (context.Description.HttpMethod != HttpMethods.Get)
            {
                failures.Add(ProblemType.RoleInsufficient);
            }
            operation.Security =
            [
                new() { [new OpenApiSecuritySchemeReference(KeyAuthentication.Header, document)] = [] },
                new() { [new OpenApiSecuritySchemeReference("Bearer", document)] = [] },
            ];
        }
        failures.AddRange([ProblemType.OriginRefused, ProblemType.HostNameRefused, ProblemType.Internal]);
        if (document.Components?.Schemas?.ContainsKey(ProblemSchema) != true)
        {
            document.AddComponent(ProblemSchema, await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken));
        }
        foreach (var types in failures.Distinct().GroupBy(type => type.Status).OrderBy(group => group.Key))
        {
            DescribeFailure(operation.Responses, types, document, json);
        }
    }

    private static void DescribeParameters(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            (parameter.Description, parameter.Example) = parameter.Name switch
            {
                "address" => ("Address of the Docker host: IPv4, IPv6 or a name.", JsonValue.Create("10.0.0.1")),
                "container" => ("Full id, a prefix of the id that fits only one, or the name of the container.", JsonValue.Create("web")),
                "host" => ("Only of this host.", JsonValue.Create("10.0.0.1")),
                "cause" => ("Only with this cause; may be given several times.", JsonValue.Create("died")),
                "outcome" => ("Only with this outcome; may be given several times.", JsonValue.Create("open")),
                "from" => ("Only those that had not ended before (UTC).", JsonValue.Create("2026-01-02T00:00:00Z")),
                "to" => ("Only those that began before (UTC).", JsonValue.Create("2026-01-03T00:00:00Z")),
                "before" => ("`next` of the page before.", JsonValue.Create("019b7a1c30f07c0f8a3c1d6e5f4a3b2c")),
                "limit" => ("As many at most, 1 to 500; 50 where it is not given.", JsonValue.Create("50")),
                "id" => ("Id of the incident.", JsonValue.Create("019b7a1c30f07c0f8a3c1d6e5f4a3b2c")),
                "window" when parameter.In == ParameterLocation.Path => ("Id of the maintenance window, as GET /notifications lists them.", JsonValue.Create("5f0a1d5e")),
                "window" => ("1h, 24h, 7d or 30d.", JsonValue.Create("24h")),
                "lastEventId" => ("As the header Last-Event-ID, for clients that cannot set it.", JsonValue.Create("5f0a1d5e-41")),
                "Last-Event-ID" => ("Id of the last event that the client had: it gets what it has missed since.", JsonValue.Create("5f0a1d5e-41")),
                "channel" => ("Name of the channel, as GET /notifications lists them; left out for all.", JsonValue.Create("night-watch")),
                _ => (parameter.Description, parameter.Example),
            };
        }
    }

    private static void DescribeSuccess(OpenApiResponses responses, object example, JsonSerializerOptions json)
    {
        foreach (var (status, response) in responses)
        {
            SetExample(response.Content, example, json);
            if (response is OpenApiResponse changeable)
            {
                (changeable.Description, changeable.Headers) = status switch
                {
                    "200" => ("Done.", changeable.Headers),
                    "202" => ("It holds, but is not saved yet, and would be lost if the node restarted now. Saving is retried.", new Dictionary<string, IOpenApiHeader>
                    {
                        [Applied<object>.Header] = new OpenApiHeader
                        {
                            Description = "Why it is not saved yet.",
                            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                            Example = JsonValue.Create("applied, saving is retried: database is locked"),
                        },
                    }),
                    _ => (changeable.Description, changeable.Headers),
                };
            }
        }
    }

    private static void DescribeFailure(
        OpenApiResponses responses, IGrouping<int, ProblemType> types, OpenApiDocument document, JsonSerializerOptions json)
    {
        var status = types.Key.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (responses.TryGetValue(status, out var known) && known.Content is { Count: > 0 })
        {
            return;
        }
        responses[status] = new OpenApiResponse
        {
            Description = string.Join("; ", types.Select(type => $"{type.Title}: `{type.Uri}`")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [ProblemJson] = new()
                {
                    Schema = new OpenApiSchemaReference(ProblemSchema, document),
                    Examples = types.ToDictionary(type => type.Name, IOpenApiExample (type) => new OpenApiExample
                    {
                        Summary = type.Title,
                        Value = JsonSerializer.SerializeToNode(type.With(type.Example).ProblemDetails, json),
                    }),
                },
            },
        };
    }

    private static void SetExample(IDictionary<string, OpenApiMediaType>? content, object example, JsonSerializerOptions json)
    {
        foreach (var media in content?.Values ?? [])
        {
            media.Example = JsonSerializer.SerializeToNode(example, json);
        }
    }
}
